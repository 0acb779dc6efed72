"""``generations``: execute chapters on each generation of the Engine, and write docs/generations.md."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from helpers import notebooks, suites
from helpers.commands import engines
from helpers.paths import PROJECT, chapter_number
from helpers.steps import say
from tools.generations import measure, results


def command(arguments: list[str]) -> int:
    """Run what has not been run on the chapters as they are; the exit code is 1 if a chapter fails.

    On the default generation, that was done by ``regenerate``: the outputs that the chapters have are read.
    Without LAB_SUITE, each suite has a process of its own: what it builds is settled when it begins.
    """
    parser = argparse.ArgumentParser("python3 -m tools generations")
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="01, 01_default_bridge (default: all)")
    parser.add_argument("--again", action="store_true", help="also repeat what is stored")
    options = parser.parse_args(arguments)
    if os.environ.get(suites.VARIABLE):
        return _on_one(suites.chosen(), options.chapters, options.again)
    again = [sys.executable, "-m", "tools", "generations", *arguments]
    codes = [
        subprocess.run(again, cwd=PROJECT, env={**os.environ, suites.VARIABLE: suite}, check=False).returncode
        for suite in suites.ENGINES
    ]
    return max(codes)


def _on_one(suite: str, chapters: list[str], again: bool) -> int:
    paths = notebooks.find(chapters)
    stored = results.read()
    todo = []
    for path in paths:
        done = results.on(suite, stored.get(chapter_number(path), {}))
        if again or not done or done.of != measure.digest(notebooks.read(path)):
            todo.append(path)
    by_default = suite == suites.DEFAULT
    if todo and not by_default:
        engines.prepare(todo)
    for path in todo:
        try:
            run = measure.stored(path) if by_default else measure.run(path)
        except notebooks.ChapterFailed as failure:
            say(f"\n{failure}\n")
            continue
        results.store(chapter_number(path), suite, run)
        say(f"{path.stem} on {suite}: {'passed' if run.passed else 'FAILED'}")
        for claim, observed in run.failing.items():
            say(f"   fails: {claim}: {observed}")
        if run.raised:
            say(f"   raised: {run.raised}")
    stored = results.read()
    runs = [results.on(suite, stored.get(chapter_number(path), {})) for path in paths]
    count = sum(bool(run and run.passed) for run in runs)
    say(f"{suite}: {count} of {len(paths)} chapters passed")
    return 0 if count == len(paths) else 1
