"""An image archive of one layer, which `docker load` of any version reads, and what follows OCI's format."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MEDIA = "application/vnd.oci.image"


def write(layer: Path, settings: Mapping[str, Any], name: str, created: str, archive: Path) -> None:
    """Write the archive; `docker load` before Engine 25 reads its manifest.json, everything else index.json.

    The layer is not compressed: it goes to an Engine on this computer, and a registry's client compresses.

    Parameters
    ----------
    layer:
        The root file system, a tar file.
    settings:
        How a container is started: User, Env, Entrypoint, Cmd and so on.
    name:
        With a tag: ``course:latest``.
    created:
        When, as in RFC 3339.
    archive:
        Where to.

    Source: OCI Image Format Specification; Docker Image Specification v1.2, “Combined Image JSON”.
    """
    layer_digest = _digest_of_file(layer)
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": created,
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
            "history": [{"created": created}],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_MEDIA}.manifest.v1+json",
            "config": _described(config, "config.v1+json"),
            "layers": [
                {
                    "mediaType": f"{_MEDIA}.layer.v1.tar",
                    "digest": layer_digest,
                    "size": layer.stat().st_size,
                }
            ],
        }
    )
    _, _, tag = name.rpartition(":")
    names = {
        "io.containerd.image.name": f"docker.io/library/{name}",
        "org.opencontainers.image.ref.name": tag,
    }
    index = {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.index.v1+json",
        "manifests": [_described(manifest, "manifest.v1+json") | {"annotations": names}],
    }
    for_docker = [{"Config": _blob(_digest(config)), "RepoTags": [name], "Layers": [_blob(layer_digest)]}]
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(tar, "index.json", _json(index))
        _add(tar, "manifest.json", _json(for_docker))
        for content in (manifest, config):
            _add(tar, _blob(_digest(content)), content)
        with layer.open("rb") as file:
            member = tarfile.TarInfo(_blob(layer_digest))
            member.size = layer.stat().st_size
            tar.addfile(member, file)


def _described(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": f"{_MEDIA}.{kind}", "digest": _digest(content), "size": len(content)}


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
