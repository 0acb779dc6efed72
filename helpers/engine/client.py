"""docker-py's client without the user's Docker configuration, none of which may enter a lab.

docker-py reads ~/.docker/config.json for every client, and again if it has found no credentials: `proxies`
become http_proxy in each container that it creates, `HttpHeaders` are sent with each request, `detachKeys`
with each exec, and credentials with each pull and build. Every client of this project is made here. The build
of the machine image gets the settings that it needs from that file explicitly (see `helpers.engine.images`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import docker
from docker.auth import AuthConfig
from docker.tls import TLSConfig
from docker.utils.proxy import ProxyConfig


class Closable(Protocol):
    """A connection to an Engine that must be closed separately."""

    def close(self) -> None:
        """Close it."""


class Client(docker.DockerClient):
    """A docker-py client that ignores the user's Docker configuration, HTTP_PROXY and ~/.netrc.

    Parameters
    ----------
    url:
        ``unix:///path`` or ``tcp://host:port``.
    timeout_s:
        Seconds that each request may wait for an answer.
    api_version:
        Default: the constructor asks the Engine for its own. With a version, nothing is sent before the first
        request.
    tls:
        Certificates for a ``tcp://`` endpoint; None means plain HTTP.
    way:
        The connection that `url` uses, if it is ours: it is closed with the client.
    """

    def __init__(
        self,
        url: str,
        timeout_s: int,
        api_version: str | None = None,
        tls: TLSConfig | None = None,
        way: Closable | None = None,
    ) -> None:
        self._way = way
        self.api = _Api(base_url=url, version=api_version, timeout=timeout_s, tls=tls or False)

    def close(self) -> None:
        """Close the connections."""
        super().close()
        if self._way:
            self._way.close()


class _NoCredentials(AuthConfig):
    is_empty = False  # otherwise docker-py reads the file again

    def __init__(self) -> None:
        super().__init__({})


class _Api(docker.APIClient):
    """Replaces what docker-py has read from the user's configuration with empty values."""

    _INSTEAD: ClassVar[dict[str, Callable[[], Any]]] = {
        "_general_configs": lambda: {"auths": {}},  # if this were empty, the file would be read again
        "_proxy_configs": ProxyConfig,
        "_auth_configs": _NoCredentials,
        # HTTP_PROXY applies even to 127.0.0.1, REQUESTS_CA_BUNDLE replaces the Engine's own authority, and
        # ~/.netrc adds a password for localhost.
        "trust_env": lambda: False,
    }

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, self._INSTEAD[name]() if name in self._INSTEAD else value)
