"""The learner's copies of the chapters, which `lab` opens: without outputs, made once, never overwritten.

What a learner has written stays: where it is, or beside a newer copy of the chapter, under a name such as
``yours-02_user_defined_bridge.ipynb``. A copy's metadata tell which version it was made from.
Notebooks are read as JSON, because importing `nbformat` takes longer than all that is done here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection
from contextlib import suppress
from enum import Enum, auto
from itertools import chain, count
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.file_lock import exclusive
from helpers.paths import PROJECT, chapter_files, chapter_number, copies_dir, run_dir
from helpers.steps import say

Notebook = dict[str, Any]

_LAB = "python3 -m helpers lab"
_ORIGIN = "docker_networking_lab"  # the key in a copy's metadata
# A chapter may link to a file of the project: its copy links to a copy of that file, in this directory.
_SOURCES = "sources"
_LINK_TO_THE_PROJECT = re.compile(r"(?<=\]\()\.\./(?=[^)\s]+\))")
_LINK_TO_A_SOURCE = re.compile(rf"\]\({_SOURCES}/([^)\s]+)\)")


class _State(Enum):
    """How a copy stands to its chapter."""

    MISSING = auto()
    UNREADABLE = auto()  # not a notebook (any more)
    CURRENT = auto()
    OLD = auto()  # made from another version of the chapter
    UNKNOWN = auto()  # differs from the chapter, and does not say what it was made from


def prepare(*, update: bool = False, reset: Collection[Path] = ()) -> None:
    """Make the copies that are missing, and say which chapters have changed since theirs were made.

    Parameters
    ----------
    update:
        Whether to make a new copy of each chapter that has changed.
    reset:
        Chapters, as returned by `chapter_files`, to make a new copy of in any case.

    Raises
    ------
    LabError
        If a chapter cannot be read or its copy cannot be written.
    """
    directory = copies_dir()
    say(f"Your copies of the chapters are in {directory}")
    try:
        with exclusive(run_dir() / "copies.lock", "another `lab` to copy the chapters"):
            for chapter in chapter_files():
                _prepare(directory / chapter.name, _copy_of(chapter), update=update, reset=chapter in reset)
            _name_former_chapters(directory)
    except OSError as error:
        raise LabError(
            f"Copying the chapters into {directory}",
            str(error),
            "Free space on its disk and make everything in it writable for you, or set XDG_STATE_HOME to "
            "another directory; then repeat. Nothing of yours has been overwritten.",
        ) from error


def _prepare(path: Path, fresh: Notebook, *, update: bool, reset: bool) -> None:
    """Make the copy `path` if it is missing, or if a new one is asked for; else say what there is to say."""
    number = chapter_number(path)
    match _state(path, fresh):
        case _State.MISSING:
            _put(path, _as_json(fresh))
        case state if reset or (update and state is _State.OLD):
            _renew(path, fresh)
        case _State.OLD:
            say(f"{number} has changed: `{_LAB} --update` makes a new copy, and keeps yours")
        case _State.UNREADABLE:
            say(f"{path.name} is damaged: `{_LAB} --reset {number}` makes a new copy, and keeps this one")
        case _State.UNKNOWN if update:
            say(
                f"{path.name} differs from the chapter, and does not tell which version it was made from: "
                f"`{_LAB} --reset {number}` makes a new copy, and keeps this one"
            )
    for name in _LINK_TO_A_SOURCE.findall(_text(fresh)):
        _provide(path.parent / _SOURCES / name, (PROJECT / name).read_bytes())


def _state(path: Path, fresh: Notebook) -> _State:
    if not os.path.lexists(path):
        return _State.MISSING
    copy = _read(path)
    if copy is None:
        return _State.UNREADABLE
    if _digest(fresh) in (_origin(copy).get("cells"), _digest(copy)):
        return _State.CURRENT
    return _State.OLD if _origin(copy).get("cells") else _State.UNKNOWN


def _renew(path: Path, fresh: Notebook) -> None:
    if _is_untouched(path):
        _put(path, _as_json(fresh))
        say(f"{path.name} is a new copy; you had neither changed nor run anything in yours")
    else:
        kept = _put_beside(path, _as_json(fresh))
        say(f"{path.name} is a new copy; yours is beside it: {kept.name}")


def _provide(path: Path, content: bytes) -> None:
    """Ensure that a file which a chapter links to can be read; changing it would have no effect."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        kept = _put_beside(path, content)
        say(f"{path} is a new copy; the one that was there is beside it: {kept.name}")
    else:
        _put(path, content)
    path.chmod(0o444)


def _name_former_chapters(directory: Path) -> None:
    """Say which copies belong to chapters that have been removed or renamed."""
    chapters = {chapter.name for chapter in chapter_files()}
    for path in sorted(directory.glob("[0-9]*.ipynb")):
        if path.name not in chapters and _origin(_read(path) or {}).get("chapter") == path.stem:
            say(f"{path.name} is no longer a chapter of the course; your copy stays")


def _copy_of(chapter: Path) -> Notebook:
    """Return a chapter without outputs, as a learner gets it."""
    notebook = _read(chapter)
    if notebook is None:
        raise LabError(
            f"Copying the chapter {chapter}",
            "it is not a notebook that can be read",
            f"Restore the original: git checkout notebooks/{chapter.name}",
        )
    for cell in notebook["cells"]:
        cell["source"] = _LINK_TO_THE_PROJECT.sub(f"{_SOURCES}/", "".join(cell["source"]))
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook["metadata"][_ORIGIN] = {"chapter": chapter.stem, "cells": _digest(notebook)}
    return notebook


def _read(path: Path) -> Notebook | None:
    """Read a notebook, which a learner may have edited in any way; None if it cannot be used as one."""
    try:
        notebook: Notebook = json.loads(path.read_text("utf-8"))
        _digest(notebook)
        _origin(notebook)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return notebook


def _origin(notebook: Notebook) -> dict[str, Any]:
    """Return what a copy's metadata say about the chapter: its name, and a digest of its cells."""
    origin = notebook.get("metadata", {}).get(_ORIGIN)
    return origin if isinstance(origin, dict) else {}


def _digest(notebook: Notebook) -> str:
    """Return a digest of what is written in the cells: outputs, and how cells are shown, do not count."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _text(notebook: Notebook) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def _is_untouched(path: Path) -> bool:
    """Whether nothing in this copy is the learner's: no change, and no output."""
    copy = None if path.is_symlink() else _read(path)
    return (
        copy is not None
        and _digest(copy) == _origin(copy).get("cells")
        and not any(cell.get("outputs") or cell.get("execution_count") for cell in copy["cells"])
    )


def _as_json(notebook: Notebook) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _put_beside(path: Path, content: bytes) -> Path:
    """Put a new file in the place of one that is kept; return what that one is called now."""
    numbers = chain([""], (f"-{number}" for number in count(2)))
    names = (path.with_name(f"yours-{path.stem}{number}{path.suffix}") for number in numbers)
    kept = next(name for name in names if not os.path.lexists(name))
    _put(path, content, kept)
    return kept


def _put(path: Path, content: bytes, kept: Path | None = None) -> None:
    """Write a file in one step, once there is enough space for it; rename the one in its place to `kept`."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(content)
        if kept:
            path.rename(kept)
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
