"""An existing Engine: find its endpoint as the docker CLI would, and connect to it within a time limit.

Source: https://docs.docker.com/reference/cli/docker/#environment-variables
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from docker.constants import IS_WINDOWS_PLATFORM
from docker.context import ContextAPI
from docker.errors import DockerException
from docker.tls import TLSConfig
from docker.utils import parse_host

from helpers.answers import understood
from helpers.engine import contexts, refusals, ssh
from helpers.engine.client import Client, Closable
from helpers.errors import BadAnswer, LabError

T = TypeVar("T")

_log = logging.getLogger(__name__)

DEFAULT_SOURCE = "default socket"
REQUEST_S = 120


@dataclass(frozen=True)
class Endpoint:
    """Where an Engine listens, and where that address came from.

    Attributes
    ----------
    url:
        As in DOCKER_HOST: ``unix:///var/run/docker.sock``, ``tcp://host:2376``, ``ssh://user@host``,
        ``ssh://user@host:port/path/of/docker.sock``.
    source:
        "DOCKER_HOST", "context 'colima' (DOCKER_CONTEXT)", "context 'colima' (currentContext)",
        "default socket".
    backend:
        "docker" for an existing Engine, "embedded" for our own.
    tls:
        Certificates for a ``tcp://`` endpoint; None means plain HTTP.
    """

    url: str
    source: str
    backend: Literal["docker", "embedded"] = "docker"
    tls: TLSConfig | None = None


def resolve(environ: Mapping[str, str] = os.environ) -> Endpoint:
    """Choose the endpoint: DOCKER_HOST, else DOCKER_CONTEXT, else currentContext, else the default socket.

    Parameters
    ----------
    environ:
        Read for DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH.

    Raises
    ------
    LabError
        If the context is unknown, the configuration is damaged, or the address has no form that Docker knows.
    """
    directory = contexts.config_dir(environ)
    if host := environ.get("DOCKER_HOST", "").strip():
        return _checked(Endpoint(host, "DOCKER_HOST", tls=_tls_of(environ)))
    if name := environ.get("DOCKER_CONTEXT", ""):
        source = f"context {name!r} (DOCKER_CONTEXT)"
    elif name := contexts.current(directory):
        source = f"context {name!r} (currentContext)"
    else:
        name, source = "default", DEFAULT_SOURCE
    if name == "default":
        return Endpoint(str(ContextAPI.DEFAULT_CONTEXT.Host), source, tls=_tls_of(environ))
    context = contexts.load(directory, name)
    return _checked(Endpoint(context.host, source, tls=context.tls))


def open_client(
    endpoint: Endpoint,
    timeout_s: int = 20,
    request_timeout_s: int = REQUEST_S,
    way: Closable | None = None,
) -> Client:
    """Connect to an Engine and make sure that it is a Docker Engine that a lab can use.

    Parameters
    ----------
    endpoint:
        From `resolve`, or the embedded engine's.
    timeout_s:
        Seconds until this function gives up, whatever happens. Generous, because systemd may start dockerd
        only when the first client connects to its socket.
    request_timeout_s:
        Seconds that each later request of the client may wait for an answer.
    way:
        Closed with the client.

    Raises
    ------
    LabError
        If nothing usable answers; `helpers.engine.refusals` distinguishes the cases.
    """
    tried = f"Reaching the Docker Engine at {endpoint.url} ({endpoint.source})"
    _checked(endpoint, tried)
    deadline = time.monotonic() + timeout_s
    url = endpoint.url
    with ExitStack() as unless_it_succeeds:
        if url.lower().startswith(ssh.SCHEME):
            way = ssh.Forward(url, tried, timeout_s)
            unless_it_succeeds.callback(way.close)
            url = way.url
        with refusals.explained(tried, endpoint.url, timeout_s):
            left_s = deadline - time.monotonic()
            version = _within(left_s, lambda: _ask_version(url, endpoint.tls, timeout_s))
            refusals.refuse_unsuitable(tried, version)
            api_version = str(version["ApiVersion"])
            _log.debug("%s (%s) speaks API %s", endpoint.url, endpoint.source, api_version)
            client = Client(url, request_timeout_s, api_version, endpoint.tls, way)
        unless_it_succeeds.pop_all()
    return client


def _checked(endpoint: Endpoint, tried: str = "") -> Endpoint:
    try:
        parse_host(_for_docker_py(endpoint.url), IS_WINDOWS_PLATFORM, tls=endpoint.tls is not None)
        urlsplit(endpoint.url).port  # noqa: B018  # raises ValueError if the port is invalid
    except (DockerException, ValueError) as error:
        raise LabError(
            tried or f"Understanding the Docker address {endpoint.url!r} ({endpoint.source})",
            str(error),
            "Write it as unix:///path, tcp://host:port or ssh://user@host, or unset it.",
        ) from error
    return endpoint


def _for_docker_py(url: str) -> str:
    """Remove the path from an ssh:// address: the docker CLI accepts it, docker-py does not."""
    parts = urlsplit(url)
    if parts.scheme != "ssh":
        return url
    if not parts.hostname:
        raise ValueError("it names no host")
    return parts._replace(path="").geturl()


def _tls_of(environ: Mapping[str, str]) -> TLSConfig | None:
    # DOCKER_CERT_PATH alone turns TLS on in docker-py but not in the CLI; we follow the CLI.
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    directory = environ.get("DOCKER_CERT_PATH") or contexts.config_dir(environ)
    return contexts.tls_from(Path(directory), verify)


def _ask_version(url: str, tls: TLSConfig | None, timeout_s: int) -> dict[str, Any]:
    # With an explicit API version, docker-py does not negotiate one.
    client = Client(url, timeout_s, refusals.MINIMUM_API, tls)
    try:
        with understood("the Engine's version"):
            version = client.api.version(api_version=False)
    finally:
        client.close()
    if not isinstance(version, dict) or "ApiVersion" not in version:
        raise BadAnswer(
            "Reading the Engine's version", f"/version answered {str(version)[:200]}", refusals.WRONG_ADDRESS
        )
    return version


def _within(timeout_s: float, work: Callable[[], T]) -> T:
    """Wait at most `timeout_s` for `work`: no socket timeout bounds name resolution or a slow trickle."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised in the waiting thread
            future.set_exception(error)

    threading.Thread(target=run, name="open-engine", daemon=True).start()
    return future.result(timeout_s)
