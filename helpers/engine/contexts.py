"""The docker CLI's configuration directory: contexts and where they point, certificates, proxies.

docker-py reads the same files but falls back to the default socket whenever something is wrong: an unknown
context, a config.json that is not JSON, a directory without config.json. A lab on the wrong Engine is worse
than an error, so we read them ourselves.

Source: https://docs.docker.com/engine/manage-resources/contexts/ and docker/cli, cli/context.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import TLSParameterError
from docker.tls import TLSConfig

from helpers.errors import LabError

_PROXIES = {
    "httpProxy": "http_proxy",
    "httpsProxy": "https_proxy",
    "ftpProxy": "ftp_proxy",
    "noProxy": "no_proxy",
    "allProxy": "all_proxy",
}


@dataclass(frozen=True)
class Context:
    """The endpoint that a named context points to."""

    host: str
    tls: TLSConfig | None


def config_dir(environ: Mapping[str, str]) -> Path:
    """Return ``$DOCKER_CONFIG`` (of `environ`), or ``~/.docker``."""
    return Path(environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def current(directory: Path) -> str:
    """Return the name that ``docker context use`` stored in config.json, or "" if there is none.

    Parameters
    ----------
    directory:
        The CLI's configuration directory, see `config_dir`.

    Raises
    ------
    LabError
        If config.json cannot be read or is not a JSON object.
    """
    path = directory / "config.json"
    return str(_read_object(path).get("currentContext") or "") if _is_there(path) else ""


def proxies(directory: Path, url: str) -> dict[str, str]:
    """Return the proxies that config.json sets for containers and builds on an Engine, as variables.

    Parameters
    ----------
    directory:
        The CLI's configuration directory, see `config_dir`.
    url:
        The Engine's address: config.json may set proxies for it alone.

    Raises
    ------
    LabError
        If config.json cannot be read or does not have the CLI's format.

    Source: https://docs.docker.com/engine/cli/proxy/
    """
    path = directory / "config.json"
    known = _read_object(path).get("proxies") or {} if _is_there(path) else {}
    try:
        chosen = known.get(url) or known.get("default") or {}
        named = {variable: str(chosen[key]) for key, variable in _PROXIES.items() if chosen.get(key)}
    except AttributeError as error:
        raise _damaged(path, f"its proxies are {known!r}") from error
    return named | {variable.upper(): value for variable, value in named.items()}


def names(directory: Path) -> list[str]:
    """Return the contexts in the CLI's `directory` that can be chosen; broken ones are left out."""
    found = ["default"]
    for path in sorted(directory.glob("contexts/meta/*/meta.json")):
        try:
            found.append(str(_read_object(path)["Name"]))
        except (LabError, KeyError):
            continue
    return found


def load(directory: Path, name: str) -> Context:
    """Read one context.

    Parameters
    ----------
    directory:
        The CLI's configuration directory, see `config_dir`.
    name:
        Any name but "default", which is built in and has no file.

    Raises
    ------
    LabError
        If there is no such context, its files are damaged, or it has no Docker endpoint.
    """
    folder = hashlib.sha256(name.encode()).hexdigest()
    path = directory / "contexts" / "meta" / folder / "meta.json"
    if not _is_there(path):
        raise LabError(
            f"Looking up the Docker context {name!r}",
            f"{directory} has only: {', '.join(names(directory))}",
            "Correct DOCKER_CONTEXT, or choose a context with: docker context use NAME",
        )
    try:
        endpoint = _read_object(path)["Endpoints"]["docker"]
        host, skip_verify = str(endpoint["Host"]), bool(endpoint.get("SkipTLSVerify"))
    except (KeyError, TypeError, AttributeError) as error:
        raise LabError(
            f"Reading the Docker context {name!r}",
            f"{path} has no Endpoints.docker.Host",
            f"Choose another context ({', '.join(names(directory))}), or re-create this one.",
        ) from error
    certificates = directory / "contexts" / "tls" / folder / "docker"
    # As the CLI decides: without certificates and with nothing to skip, the connection is plain.
    if _is_there(certificates) or (skip_verify and host.startswith("tcp:")):
        return Context(host, tls_from(certificates, verify=not skip_verify))
    return Context(host, None)


def tls_from(directory: Path, verify: bool) -> TLSConfig:
    """Make a TLS configuration from ca.pem, cert.pem and key.pem in `directory`, each of them optional.

    Parameters
    ----------
    directory:
        ``$DOCKER_CERT_PATH`` or a context's certificates.
    verify:
        Whether to verify the Engine's certificate: against ca.pem, else against the public authorities.

    Raises
    ------
    LabError
        If there is a certificate without its key, or a key without its certificate.
    """
    ca, cert, key = (directory / f"{stem}.pem" for stem in ("ca", "cert", "key"))
    try:
        return TLSConfig(
            client_cert=(str(cert), str(key)) if _is_there(cert) or _is_there(key) else None,
            ca_cert=str(ca) if _is_there(ca) else None,
            verify=verify,
        )
    except TLSParameterError as error:
        raise LabError(
            f"Reading the TLS certificates in {directory}",
            f"both {cert.name} and {key.name} are needed: {_present(directory)}",
            "Put both files there, or unset DOCKER_CERT_PATH.",
        ) from error


def _present(directory: Path) -> str:
    return "found " + (", ".join(sorted(path.name for path in directory.glob("*"))) or "nothing")


def _is_there(path: Path) -> bool:
    """Like `Path.exists`, which in some Python versions returns False if a directory cannot be entered."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _damaged(path, str(error)) from error
    return True


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, f"a JSON object was expected, not {type(content).__name__}")
    return content


def _damaged(path: Path, seen: str) -> LabError:
    return LabError(
        f"Reading the Docker configuration {path}",
        seen,
        "Repair that file or move it away, or set DOCKER_HOST, e.g. to unix:///var/run/docker.sock.",
    )
