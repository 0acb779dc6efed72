"""The workshop kit: one archive from which the course runs on similar computers, without a network.

It unpacks to the project plus a directory ``kit``, from which `helpers.setup.offline` takes what it needs.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import docker.errors

from helpers import programs
from helpers.engine import embedded, entries, images
from helpers.engine.client import Client
from helpers.engine.variants import GENERATIONS, PLAIN, Variant
from helpers.errors import LabError
from helpers.paths import BUILD, PROJECT
from helpers.setup import locks, offline
from helpers.steps import step
from tools.publish import handouts

NAME = "docker-networking-workshop"
ARCHIVE = BUILD / f"{NAME}.tar.gz"
# What set-up needs first, and a minimal Debian installation may lack.
_FIRST = ("make", "python3", "python3-venv")
_TIMEOUT_S = 1800
_SAVE_TIMEOUT_S = 900


def write(archive: Path = ARCHIVE, generations: bool = False) -> Path:
    """Write the kit's archive: project, wheels, Debian packages, embedded engine, machine image, handouts.

    The project is archived as of the last commit.

    Parameters
    ----------
    archive:
        The file to write.
    generations:
        Whether to add what a lab of several generations of Docker needs: an engine of its own, and the
        machine images of the other suites.

    Raises
    ------
    LabError
        If there are uncommitted changes, or something cannot be fetched.
    """
    refuse_changes()
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".kit-") as scratch:
        kit, project = Path(scratch) / "kit", Path(scratch) / "project.tar"
        kit.mkdir()
        (kit / offline.ABOUT).write_text(json.dumps(offline.this_computer()), "utf-8")
        engines = [_engine(variant, kit) for variant in (PLAIN, *([GENERATIONS] if generations else []))]
        with step("Fetching the Python packages", about="1 min"):
            _fetch_wheels(kit / offline.WHEELS)
        with step("Fetching the Debian packages", about="1 min"):
            fetch_debian([*_FIRST, *entries.PACKAGES], kit / offline.DEBIAN)
        handouts.write(kit / "handouts")
        with step(f"Writing {archive}", about="2 min"):
            _run("git", "archive", f"--output={project}", "HEAD")
            _pack(archive, project, kit, engines)
    return archive


def fetch_debian(packages: Sequence[str], directory: Path) -> None:
    """Fetch the packages and all their dependencies, as for an empty system, as a repository for apt.

    Raises
    ------
    LabError
        If apt-get fails.
    """
    (directory / "partial").mkdir(parents=True)
    nothing_installed = directory / "status"
    nothing_installed.touch()
    options = {
        "Dir::State::Status": nothing_installed,
        "Dir::Cache::Archives": directory,
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "root",
    }
    _run(
        *("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "--download-only"),
        *(f"--option={name}={value}" for name, value in options.items()),
        *packages,
    )
    for left in (nothing_installed, directory / "lock"):
        left.unlink(missing_ok=True)
    (directory / "partial").rmdir()
    write_index(directory)


def write_index(directory: Path) -> None:
    """Write the index ``Packages`` through which apt finds the packages in a directory.

    Source: Debian's repository format, “Flat Repository Format”.
    """
    paragraphs = []
    for package in sorted(directory.glob("*.deb")):
        control = _run("dpkg-deb", "--field", str(package)).strip()
        content = package.read_bytes()
        checksum = hashlib.sha256(content).hexdigest()
        paragraphs.append(
            f"{control}\nFilename: ./{package.name}\nSize: {len(content)}\nSHA256: {checksum}\n"
        )
    (directory / "Packages").write_text("\n".join(paragraphs), "utf-8")


def refuse_changes() -> None:
    """Refuse to archive a project that differs from the last commit.

    Raises
    ------
    LabError
        If there are uncommitted changes.
    """
    changed = _run("git", "status", "--porcelain", "--untracked-files=no").strip()
    if changed:
        raise LabError(
            "Archiving the project as committed",
            f"these files have uncommitted changes:\n{changed}",
            "Commit them, or set them aside with `git stash`, then repeat.",
        )


def _engine(variant: Variant, kit: Path) -> tuple[Path, Path]:
    """Save the machine images that the kit lacks; return the engine's entry and its saved state."""
    endpoint = embedded.start(variant)
    for suite in variant.suites:
        target = kit / offline.image_file(suite)
        if not target.exists():
            with step(f"Saving the machine image of {suite}", about="1 min"):
                _save_image(endpoint.url, images.machine_image(suite), target)
    return embedded.build(variant)


def _save_image(url: str, image: str, target: Path) -> None:
    client = Client(url, _SAVE_TIMEOUT_S)
    try:
        with target.open("wb") as file:
            for chunk in client.images.get(image).save(named=True):
                file.write(chunk)
    except docker.errors.DockerException as error:
        raise LabError(
            f"Saving {image} from the embedded engine",
            str(error),
            "Repeat; if it fails again, run `python3 -m helpers stop --delete` to have the engine rebuilt.",
        ) from error
    finally:
        client.close()


def _fetch_wheels(directory: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pinned = [f"--requirement={lock}" for lock in (locks.LEARNER, locks.ADDED)]
    _run(*command, "--require-hashes", f"--dest={directory}", *pinned)


def _pack(archive: Path, project: Path, kit: Path, engines: Iterable[tuple[Path, Path]]) -> None:
    partial = archive.with_suffix(".partial")
    try:
        with tarfile.open(partial, "w:gz", compresslevel=1) as tar:
            with tarfile.open(project) as committed:
                for member in committed:
                    content = committed.extractfile(member) if member.isfile() else None
                    member.name = f"{NAME}/{member.name}"
                    tar.addfile(_owned_by_nobody(member), content)
            tar.add(kit, f"{NAME}/kit", filter=_owned_by_nobody)
            for entry, prepared in engines:
                for path in _files_of_engine(entry, prepared):
                    inside = path.relative_to(entry.parent)
                    tar.add(path, f"{NAME}/kit/{offline.ENGINE}/{inside}", filter=_owned_by_nobody)
        partial.rename(archive)
    finally:
        partial.unlink(missing_ok=True)


def _files_of_engine(entry: Path, prepared: Path) -> Iterable[Path]:
    yield from (path for path in sorted(entry.iterdir()) if path.is_file())
    yield from sorted(prepared.iterdir())


def _owned_by_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove the owner's name: the files belong to whoever unpacks the kit."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _run(*argv: str) -> str:
    return programs.run(argv, timeout_s=_TIMEOUT_S, cwd=PROJECT).stdout
