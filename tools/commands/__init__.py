"""The maintainer's and the leader's verbs, one module each."""

from __future__ import annotations

from collections.abc import Sequence

from helpers import command_line
from helpers.command_line import Needs, Option, Verb

VERBS = (
    Verb(
        "handouts",
        "write the course as HTML and PDF, for learners and for instructors, in build/handouts",
        Needs.EVERYTHING,
    ),
    Verb("book", "build the course as a web site, in build/book", Needs.EVERYTHING),
    Verb(
        "bundle",
        "write one archive from which a workshop runs without a network, in build",
        Needs.EVERYTHING,
        (Option("--generations", "with machines of every generation of Docker: about 1.5 GB more"),),
    ),
    Verb(
        "regenerate",
        "execute chapters and store their outputs",
        Needs.EVERYTHING,
        (Option("CHAPTER", "01, 01_default_bridge or a path"),),
    ),
    Verb(
        "bench",
        "measure how long a learner waits, and write docs/bench.md",
        Needs.EVERYTHING,
        (Option("PART", "labs, warm, cold, course, memory, disk (default: all)"),),
    ),
    Verb(
        "soak",
        "break labs in every known way, and write to docs/soak.md what is left of them (--seed N, --kills N)",
        Needs.EVERYTHING,
        passes_on=True,
    ),
    Verb(
        "mutants",
        "execute chapters on broken networks, and write to docs/mutants.md which claims notice it (--again)",
        Needs.EVERYTHING,
        passes_on=True,
    ),
    Verb(
        "generations",
        "execute chapters on each generation of the Engine, and write docs/generations.md (--again)",
        Needs.EVERYTHING,
        passes_on=True,
    ),
    Verb(
        "image",
        "build one container image of the course, with its engine and without privileges, in build",
        Needs.EVERYTHING,
    ),
    Verb(
        "hub",
        "give each learner of a room a container of that image (--url, --certificate, --learners, …)",
        Needs.EVERYTHING,
        passes_on=True,
    ),
    Verb("lock", "update the pinned Python packages in the lock files", Needs.EVERYTHING),
)


def main(arguments: Sequence[str]) -> int:
    """Carry out one verb and return the exit code."""
    return command_line.main("tools", "For maintainers and workshop leaders.", VERBS, arguments)
