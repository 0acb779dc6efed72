"""docker-py's client without the user's Docker configuration: nothing of that may enter a lab.

docker-py reads ~/.docker/config.json for every client, and again where it has found no credentials: `proxies`
become http_proxy in each container that it creates, `HttpHeaders` are sent with each request, `detachKeys`
with each exec, credentials with each pull and build. Every client of this project is made here; what the
build of the machine image needs of that file it is given by name (see `helpers.engine.images`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import docker
from docker.auth import AuthConfig
from docker.tls import TLSConfig
from docker.utils.proxy import ProxyConfig


class Closable(Protocol):
    """What leads to an Engine and has an end of its own."""

    def close(self) -> None:
        """End it."""


class Client(docker.DockerClient):
    """A docker-py client that knows nothing of the user's configuration, nor of HTTP_PROXY and ~/.netrc.

    Parameters
    ----------
    url:
        ``unix:///path`` or ``tcp://host:port``.
    timeout_s:
        Seconds that each request may wait for an answer.
    api_version:
        Default: the Engine is asked for its own, here and now. With a version, nothing is sent before the
        first request.
    tls:
        Certificates for a ``tcp://`` endpoint; None means plain HTTP.
    way:
        Is closed with the client.
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
    is_empty = False  # or else docker-py reads the file once more

    def __init__(self) -> None:
        super().__init__({})


class _Api(docker.APIClient):
    """Replaces by nothing whatever docker-py has read of the user's configuration."""

    _INSTEAD: ClassVar[dict[str, Callable[[], Any]]] = {
        "_general_configs": lambda: {"auths": {}},  # empty, it would be read again
        "_proxy_configs": ProxyConfig,
        "_auth_configs": _NoCredentials,
        # HTTP_PROXY diverts even 127.0.0.1, REQUESTS_CA_BUNDLE replaces the Engine's own authority, and
        # ~/.netrc adds a password for localhost.
        "trust_env": lambda: False,
    }

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, self._INSTEAD[name]() if name in self._INSTEAD else value)
