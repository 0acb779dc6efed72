"""Why an Engine cannot be used: turns exceptions and unexpected answers into readable errors."""

from __future__ import annotations

import http.client
import os
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import gaierror
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from docker.errors import APIError, DockerException
from docker.utils import version_lt

from helpers.answers import understood
from helpers.errors import BadAnswer, LabError

E = TypeVar("E", bound=BaseException)

# What docker-py raises when an Engine refuses, goes away, or was never there: its own exceptions, those of
# requests (each an OSError), of urllib3 and http.client beneath it, and of a stream's bare socket.
FAILURES = (DockerException, OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)

MINIMUM_API = "1.41"  # Engine 20.10, the first with private cgroup namespaces

EMBEDDED = "use the lab's own Engine: LAB_ENGINE=embedded"
_NO_ENGINE = "something answers there, but not a Docker Engine"
WRONG_ADDRESS = f"Correct DOCKER_HOST or the context, or {EMBEDDED}"


@contextmanager
def explained(tried: str, url: str, timeout_s: float) -> Iterator[None]:
    """Turn a failure of an Engine, or an answer that no Engine gives, into a readable error.

    Parameters
    ----------
    tried, url, timeout_s:
        As for `explain`.

    Raises
    ------
    LabError
        Instead of one of `FAILURES`, as `explain` words it.
    BadAnswer
        If an answer could not be parsed.
    """
    try:
        yield
    except BadAnswer as error:
        raise BadAnswer(tried, f"{_NO_ENGINE}: {error.tried}: {error.seen}", WRONG_ADDRESS) from error
    except FAILURES as error:
        raise explain(tried, url, error, timeout_s) from error


def said(error: BaseException) -> str:
    """Return the Engine's own explanation of its refusal, else the type and message of `error`."""
    return str(getattr(error, "explanation", None) or f"{type(error).__name__}: {error}")


def explain(tried: str, url: str, error: BaseException, timeout_s: float) -> LabError:
    """Classify what went wrong while an Engine was asked for its version.

    Parameters
    ----------
    tried:
        First line of the error: which endpoint, and where it came from.
    url:
        The endpoint.
    error:
        What docker-py or requests raised; the whole chain of exceptions is searched for the cause.
    timeout_s:
        The timeout that applied, in seconds.
    """
    return LabError(tried, *_cause(url, list(_chain(error)), timeout_s))


@understood("the Engine's version")
def refuse_unsuitable(tried: str, version: dict[str, Any]) -> None:
    """Raise an error if what answered is not an Engine that can run a lab.

    Parameters
    ----------
    tried:
        First line of the error.
    version:
        The answer to ``GET /version``.

    Raises
    ------
    LabError
        For Podman, for Windows containers, and for an API before 1.41.
    """
    name, api = f"Engine {version.get('Version')}", str(version["ApiVersion"])
    components = [str(one.get("Name", "")) for one in version.get("Components") or []]
    if any("podman" in component.lower() for component in components):
        seen = f"this is Podman {version.get('Version')} answering in Docker's place"
        step = f"Podman has no swarm: point DOCKER_HOST at a Docker Engine, or {EMBEDDED}"
    elif version.get("Os") == "windows":
        seen = f"{name} runs Windows containers"
        step = "In Docker Desktop's menu choose “Switch to Linux containers…”, then try again."
    elif version_lt(api, MINIMUM_API):
        seen = f"{name} speaks API {api}; the lab needs {MINIMUM_API}"
        step = f"Update Docker to 20.10 or newer, or {EMBEDDED}"
    else:
        return
    raise LabError(tried, seen, step)


def _cause(url: str, chain: list[BaseException], timeout_s: float) -> tuple[str, str]:
    """Return what was seen and what to do next."""
    if tls := _first(chain, ssl.SSLError):
        return f"TLS failed: {tls}", _tls_step(str(tls))
    if unresolved := _first(chain, gaierror):
        return f"the name {urlsplit(url).hostname} does not resolve: {unresolved}", WRONG_ADDRESS
    if _first(chain, TimeoutError) or _first(chain, requests.Timeout):
        return f"no answer within {timeout_s:g} s", f"Restart that Engine, or {EMBEDDED}"
    failed = next((one for one in chain if isinstance(one, OSError) and one.errno), None)
    if failed and url.startswith("unix://"):
        return _socket_cause(Path(urlsplit(url).path), failed)
    if failed:
        return str(failed), f"Start the Engine there, correct the address, or {EMBEDDED}"
    if refused := _first(chain, APIError):
        return _status_cause(refused)
    seen = f"{type(chain[0]).__name__}: {chain[0]}"
    return f"{_NO_ENGINE}: {seen}", WRONG_ADDRESS


def _socket_cause(path: Path, error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return f"there is no {path}", _no_socket_step()
    if isinstance(error, PermissionError):
        return (
            f"permission denied: {_describe(path)}; "
            f"you are user {os.geteuid()}, in groups {sorted({os.getegid(), *os.getgroups()})}",
            "Join the socket's group (sudo usermod -aG docker $USER) and log in again, "
            f"or run this command with sudo, or {EMBEDDED}",
        )
    if isinstance(error, ConnectionRefusedError):
        start = "Start Docker (sudo systemctl start docker, or Docker Desktop)"
        return f"nothing is listening: {_describe(path)}", f"{start}, or {EMBEDDED}"
    return f"{error}: {_describe(path)}", f"Restart Docker, or {EMBEDDED}"


def _describe(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        return str(error)
    kind = "" if stat.S_ISSOCK(status.st_mode) else ", which is not a socket"
    return f"{path} is {stat.filemode(status.st_mode)}, user {status.st_uid}, group {status.st_gid}{kind}"


def _no_socket_step() -> str:
    rootless = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "docker.sock"
    if rootless.exists():
        return f"The rootless Engine at {rootless} cannot run a lab. Start a rootful one, or {EMBEDDED}"
    return f"Start or install Docker, or choose its context (docker context ls), or {EMBEDDED}"


def _status_cause(error: APIError) -> tuple[str, str]:
    status = error.response.status_code if error.response is not None else 0
    seen = f"HTTP {status}: " + " ".join(str(error.explanation or error).split())[:200]
    if "HTTPS server" in seen:
        certificates = "DOCKER_CERT_PATH to the directory of its certificates"
        return seen, f"That Engine requires TLS: set DOCKER_TLS_VERIFY=1 and {certificates}."
    if status in (401, 403):
        return seen, f"Ask that Engine's administrator for access, or {EMBEDDED}"
    return f"{_NO_ENGINE}: {seen}", WRONG_ADDRESS


def _tls_step(seen: str) -> str:
    if "WRONG_VERSION" in seen or "RECORD_LAYER" in seen:
        return "That port does not use TLS: unset DOCKER_TLS_VERIFY, or use the TLS port (usually 2376)."
    return (
        "Put the Engine's own ca.pem, cert.pem and key.pem into DOCKER_CERT_PATH, or re-create its context."
    )


def _first(chain: list[BaseException], kind: type[E]) -> E | None:
    return next((one for one in chain if isinstance(one, kind)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk causes, contexts, and exceptions that requests and urllib3 carry as arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [other for other in inner if isinstance(other, BaseException)]
