"""A workshop without internet access: what set-up takes from the kit that LAB_OFFLINE names.

`tools.publish.kit` makes such a kit. An image of the course has a store of engines only; LAB_STORE names it.
Runs on the standard library alone.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from pathlib import Path

from helpers.errors import LabError
from helpers.paths import PROJECT, cache_dir

VARIABLE, STORE = "LAB_OFFLINE", "LAB_STORE"
ABOUT, WHEELS, DEBIAN, ENGINE = "about.json", "wheels", "debian", "engine"

ALL_GENERATIONS = "python3 -m tools bundle --generations"


def kit() -> Path | None:
    """Return the kit's directory, or None if no kit is named and everything is to be downloaded.

    A relative path is relative to the project.

    Raises
    ------
    LabError
        If there is no kit at that place, or it is for a different kind of computer.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    directory = PROJECT / named
    try:
        made_for = json.loads((directory / ABOUT).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise LabError(
            f"Reading the workshop kit in {directory}, which {VARIABLE} names",
            str(error),
            f"Unpack the kit's archive as the directory `kit`, or unset {VARIABLE} to download everything.",
        ) from error
    if made_for != this_computer():
        raise LabError(
            f"Using the workshop kit in {directory}",
            f"it is for {_told(made_for)}; this is {_told(this_computer())}",
            "Make a kit on a computer like this one: python3 -m tools bundle.",
        )
    return directory


def this_computer() -> dict[str, str]:
    """Return what a kit depends on: the system's release, the processor and the Python version."""
    release = {"ID": platform.system()}
    with suppress(OSError):  # not Linux: macOS
        release = platform.freedesktop_os_release()
    return {
        "system": f"{release['ID']} {release.get('VERSION_ID', '')}".strip(),
        "processor": platform.machine(),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def index_options() -> list[str]:
    """Return options that make uv and pip install from the kit; none without a kit."""
    directory = kit()
    return ["--no-index", f"--find-links={directory / WHEELS}"] if directory else []


def apt_options() -> list[str]:
    """Return options that make the kit apt-get's only source, with separate lists; none without a kit.

    Source: apt.conf(5), Dir and APT::Sandbox; sources.list(5), the option trusted.
    """
    directory = kit()
    if not directory:
        return []
    own = cache_dir() / "apt"
    (own / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (own / "sources.list").write_text(f"deb [trusted=yes] {(directory / DEBIAN).as_uri()} ./\n")
    options = {
        "Dir::Etc::SourceList": own / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": own / "lists",
        "APT::Sandbox::User": "root",  # another user may not be able to read the kit
    }
    return [f"--option={name}={value}" for name, value in options.items()]


def image_file(suite: str) -> str:
    """Return the name of the file in which a kit has the machine image of a suite."""
    return f"machine-image-{suite}.tar"


def machine_image(suite: str) -> Path | None:
    """Return the machine image of a suite as an archive for ``docker load``, or None without a kit.

    Raises
    ------
    LabError
        If the kit does not have it.
    """
    directory = kit()
    if not directory:
        return None
    archive = directory / image_file(suite)
    if not archive.exists():
        raise LabError(
            f"Looking for {archive.name} in the workshop kit",
            f"it has {', '.join(one.name for one in directory.glob(image_file('*'))) or 'no such image'}",
            f"Use that suite, or make a kit that has all of them: {ALL_GENERATIONS}.",
        )
    return archive


def engine_store() -> Path | None:
    """Return the directory in which embedded engines lie ready: LAB_STORE, else the kit's; None without both.

    They are used where they lie, and nothing in it is ever written.
    """
    if named := os.environ.get(STORE):
        return PROJECT / named
    directory = kit()
    return directory / ENGINE if directory else None


def _told(computer: dict[str, str]) -> str:
    return f"{computer.get('system')}, {computer.get('processor')}, Python {computer.get('python')}"
