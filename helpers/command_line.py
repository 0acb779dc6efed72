"""A command line of verbs: ``python3 -m helpers VERB``, ``python3 -m tools VERB``.

One table of `Verb` says all there is to know of each: the parser, the help, and the environment that it runs
in follow from it. Runs on the standard library alone; a verb's own module is imported once its environment
has been entered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module

from helpers import debugging
from helpers.errors import LabError
from helpers.setup import environment
from helpers.steps import say


class Needs(Enum):
    """The Python environment that a verb runs in."""

    NOTHING = "the standard library; the verb enters an environment by itself if it wants one"
    WHAT_IS_THERE = "an environment, if one has been made: without one there is nothing to do"
    LEARNER = "what a learner runs, installed first where it is missing"
    EVERYTHING = "also what tests and publishing add"


@dataclass(frozen=True)
class Option:
    """What may follow a verb: a flag, or a word that may be repeated (``CHAPTER``)."""

    name: str
    summary: str


@dataclass(frozen=True)
class Verb:
    """One verb; the module of its name in the same package has its ``command(arguments) -> int``.

    Attributes
    ----------
    name, summary:
        As the help shows them.
    needs:
        The environment that it runs in.
    options:
        What may follow it.
    passes_on:
        Whether it reads the rest of the command line itself.
    """

    name: str
    summary: str
    needs: Needs
    options: tuple[Option, ...] = ()
    passes_on: bool = False


def main(package: str, about: str, verbs: Sequence[Verb], arguments: Sequence[str]) -> int:
    """Carry out one verb of ``python3 -m PACKAGE`` and return the exit code.

    Foreseeable trouble is one message on the standard error stream, never a traceback; with LAB_DEBUG=1 the
    traceback is shown as well.
    """
    parser = _parser(package, about, verbs)
    options, rest = parser.parse_known_args(arguments)
    verb = next((one for one in verbs if one.name == options.verb), None)
    if verb is None:
        parser.print_help()
        return 0
    if rest and not verb.passes_on:
        parser.error(f"unknown argument: {' '.join(rest)}")
    try:
        return carry_out(package, verb, [*(getattr(options, "arguments", None) or []), *rest])
    except LabError as error:
        if debugging.enabled():
            raise
        print(f"\n{error}", file=sys.stderr)
    except BrokenPipeError:  # the reader of the output has gone, as in `… doctor | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(f"\nStopped. Repeat `python3 -m {package} {verb.name}` to go on.", file=sys.stderr)
        return 130
    return 1


def carry_out(package: str, verb: Verb, arguments: list[str]) -> int:
    """Enter the environment that the verb needs, call its ``command``, and return the exit code."""
    environment.isolate()
    match verb.needs:
        case Needs.LEARNER:
            environment.enter()
        case Needs.EVERYTHING:
            environment.enter(everything=True)
        case Needs.WHAT_IS_THERE if not environment.enter_if_made():
            say("There is no Python environment, so nothing has been started from here.")
            return 0
    return int(import_module(f"{package}.commands.{verb.name}").command(arguments))


def _parser(package: str, about: str, verbs: Sequence[Verb]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"python3 -m {package}", description=about)
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB")
    for verb in verbs:
        subparser = subparsers.add_parser(verb.name, help=verb.summary, description=verb.summary)
        for one in verb.options:
            if one.name.startswith("--"):
                subparser.add_argument(
                    one.name, action="append_const", const=one.name, dest="arguments", help=one.summary
                )
            else:
                subparser.add_argument("arguments", nargs="*", metavar=one.name, help=one.summary)
    return parser
