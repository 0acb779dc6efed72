"""``lab``: the course in JupyterLab."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from helpers import copies
from helpers.commands import engines
from helpers.errors import LabError
from helpers.paths import NOTEBOOKS
from helpers.steps import say


def command(arguments: list[str]) -> int:
    """Run JupyterLab, which gets all options but ours and handles Ctrl-C itself, until it ends.

    Raises
    ------
    LabError
        If there is no such option or chapter, the copies cannot be made, or no Engine can be used.
    """
    ours, for_jupyterlab = _split(arguments)
    if for_jupyterlab:
        from helpers.page import options  # takes seconds: it imports JupyterLab

        options.check(for_jupyterlab)
    if ours.edit:
        say(f"Opening the chapters themselves: changes to {NOTEBOOKS} change the course.")
        for_jupyterlab = [f"--ServerApp.root_dir={NOTEBOOKS}", *for_jupyterlab]
    else:
        copies.prepare(update=ours.update, reset=_chapters(ours.reset))
    with ThreadPoolExecutor(1) as beside:
        page = beside.submit(_page)
        engines.prepare()  # mostly waits
    say("Starting JupyterLab; Ctrl-C ends it.")
    page.result().decline_news()
    page.result().serve(for_jupyterlab)
    return 0


def _page() -> ModuleType:
    from helpers.page import server  # takes seconds, too

    return server


def _split(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return our options, and those that are JupyterLab's."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--reset", nargs="+", default=[])
    parser.add_argument("--edit", action="store_true")
    ours, for_jupyterlab = parser.parse_known_args(arguments)
    if ours.edit and (ours.update or ours.reset):
        raise LabError(
            "Opening the chapters themselves",
            "--update and --reset are about your copies of them",
            "Give --edit alone.",
        )
    return ours, for_jupyterlab


def _chapters(names: list[str]) -> list[Path]:
    if not names:
        return []
    from helpers import notebooks  # takes a second, too

    return notebooks.find([Path(name).stem for name in names])  # a path may be that of the copy
