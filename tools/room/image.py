"""One container image of the course: where it runs, nothing is installed or built, and no privilege needed.

It has Debian, the learner's environment, the chapters and the embedded engine, booted once with the image's
own QEMU. Made as that engine is, with mmdebstrap, so that no registry of images is needed.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path

import docker.errors
import requests

from helpers import paths, programs
from helpers.commands.serve import PORT
from helpers.engine import embedded, entries, images, reachable, resources
from helpers.errors import LabError
from helpers.paths import BUILD, PROJECT
from helpers.setup import debian, locks, offline
from helpers.steps import say, step
from tools.publish import kit
from tools.room import IMAGE_LOCK, oci, wheels

NAME = "docker-networking:latest"
ARCHIVE = BUILD / "docker-networking-image.tar"

# The one whose QEMU the course is tested with.
_SUITE, _SYSTEM, _PYTHON = "bookworm", "debian 12", "3.11"
_HERE = Path(__file__).resolve().parent
# What a learner's copy of the project consists of.
_PARTS = ("helpers", "notebooks", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "LICENSE")
_PLACE, _SCRATCH = "/opt/docker-networking", "/room-build"
_STORE = f"{_PLACE}/engine"
# In a container of 4 GiB, they leave room for kernels and JupyterLab. A saved state works with as much memory
# as it was saved with.
_LIMITS = {resources.MEMORY: "2560", resources.TRANSLATIONS: "256"}
_ENVIRONMENT = {
    **_LIMITS,
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "HOME": "/home/learner",
    "LANG": "C.UTF-8",
    "LAB_ENGINE": "embedded",
    offline.STORE: _STORE,
    "PYTHONDONTWRITEBYTECODE": "1",
}
_SETTINGS = {
    "User": "1000:1000",
    "Env": [f"{name}={value}" for name, value in _ENVIRONMENT.items()],
    "WorkingDir": "/home/learner",
    # The engine outlives its parent: something has to be the parent of such processes.
    "Entrypoint": ["tini", "--", f"{_PLACE}/.venv/bin/python", "-m", "helpers"],
    "Cmd": ["serve"],
    "ExposedPorts": {f"{PORT}/tcp": {}},
}
_BUILD_S, _LOAD_S = 1800, 900
_HINT = "Fix what it reports, then repeat. If a mirror does not answer, set LAB_DEBIAN_MIRROR to another one."


def build(archive: Path = ARCHIVE) -> Path:
    """Write the image's archive, of the project as of the last commit.

    Raises
    ------
    LabError
        If there are uncommitted changes, this user cannot become root, or something cannot be fetched.
    """
    kit.refuse_changes()
    debian.authenticate("Building an image", "Build it on a computer on which you may use sudo.")
    entry = embedded.provide()
    debian.install(entries.PACKAGES, "The image")
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".image-") as scratch:
        given, layer = Path(scratch) / "given", Path(scratch) / "layer.tar"
        with step("Fetching the Python packages", about="30 s"):
            _fetch_packages(given / "kit")
        _run("git", "archive", f"--output={given / 'project.tar'}", "HEAD", *_PARTS)
        with step("Building the image, and booting its engine", about="4 min"):
            _bootstrap(layer, given, entry)
        with step(f"Writing {archive}", about="30 s"):
            created = _run("git", "show", "--no-patch", "--format=%cI", "HEAD").strip()
            partial = archive.with_suffix(".partial")
            oci.write(layer, _SETTINGS, NAME, created, partial)
            partial.rename(archive)
    return archive


def load(archive: Path) -> str:
    """Load the archive where the `docker` command would; return the Engine's address, or "" without one."""
    try:
        endpoint = reachable.resolve()
        client = reachable.open_client(endpoint, request_timeout_s=_LOAD_S)
    except LabError:
        return ""
    try:
        with step(f"Loading the image into {endpoint.url}", about="1 min"), archive.open("rb") as file:
            client.images.load(file)
    except (docker.errors.DockerException, requests.RequestException) as error:
        say(f"The Engine at {endpoint.url} does not load it: {error}")
        return ""
    finally:
        client.close()
    return endpoint.url


def _fetch_packages(kit_there: Path) -> None:
    """Make a kit for the image's Python of which set-up in there takes the packages."""
    (kit_there / offline.WHEELS).mkdir(parents=True)
    made_for = {"system": _SYSTEM, "processor": "x86_64", "python": _PYTHON}
    (kit_there / offline.ABOUT).write_text(json.dumps(made_for), "utf-8")
    pins = [locks.LEARNER.read_text(), IMAGE_LOCK.read_text(), locks.entry(locks.ADDED, "uv")]
    wheels.fetch(pins, _PYTHON, kit_there / offline.WHEELS)


def _bootstrap(layer: Path, given: Path, entry: Path) -> None:
    """Make the root file system; mmdebstrap runs hooks with a shell that has its path as $1."""
    cache = f"{_SCRATCH}/cache/{paths.NAME}/engine/{entry.name}"
    files = shlex.join(str(one) for one in sorted(entry.iterdir()) if one.is_file())
    limits = [f"{name}={value}" for name, value in _LIMITS.items()]
    customize = shlex.join(["env", *limits, "sh", f"{_SCRATCH}/customize.sh", _PLACE, _STORE, _SCRATCH])
    hooks = [
        f'mkdir -p "$1{_PLACE}" "$1{cache}"',
        f"tar-in {shlex.quote(str(given / 'project.tar'))} {_PLACE}",
        f"copy-in {shlex.quote(str(given / 'kit'))} {_SCRATCH}",
        f"upload {shlex.quote(str(IMAGE_LOCK))} {_SCRATCH}/image.lock",
        f"upload {shlex.quote(str(_HERE / 'customize.sh'))} {_SCRATCH}/customize.sh",
        f'cp {files} "$1{cache}"',
        f'chroot "$1" {customize}',
    ]
    mirror = os.environ.get("LAB_DEBIAN_MIRROR")
    command = [
        *("env", f"TMPDIR={given.parent}", "mmdebstrap", "--variant=minbase"),
        f"--include={','.join((_HERE / 'packages.txt').read_text().split())}",
        *(f"--aptopt={setting}" for setting in images.apt_settings()),
        *(f"--dpkgopt=path-exclude=/usr/share/{junk}/*" for junk in ("doc", "man", "locale")),
        *(f"--customize-hook={hook}" for hook in hooks),
        *(_SUITE, str(layer)),
        *([mirror] if mirror else []),
    ]
    _run(*debian.as_root(command))
    _run(*debian.as_root(["chown", f"{os.getuid()}:{os.getgid()}", str(layer)]))


def _run(*argv: str) -> str:
    return programs.run(argv, timeout_s=_BUILD_S, cwd=PROJECT, next_step=_HINT).stdout
