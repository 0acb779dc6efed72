"""A command line made of verbs: ``python3 -m helpers VERB``, ``python3 -m tools VERB``.

A table of `Verb` describes each verb completely: its parser, its help and its environment follow from that.
Runs on the standard library alone; a verb's own module is imported only after its environment has been
entered.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from helpers import debugging, suites
from helpers.errors import LabError
from helpers.setup import environment
from helpers.steps import say


class Needs(Enum):
    """The Python environment that a verb runs in."""

    NOTHING = "the standard library; the verb itself enters an environment if it needs one"
    WHAT_IS_THERE = "an existing environment: without one there is nothing to do"
    LEARNER = "what a learner runs; it is installed first if it is missing"
    EVERYTHING = "what a learner runs, plus what tests and publishing need"


@dataclass(frozen=True)
class Option:
    """What may follow a verb: a flag, or a word that can be repeated (``CHAPTER``).

    A flag may need such words: `of` is what they are.
    """

    name: str
    summary: str
    of: str = ""


@dataclass(frozen=True)
class Verb:
    """One verb. The module of the same name in the package's ``commands`` has ``command(arguments) -> int``.

    Attributes
    ----------
    name, summary:
        As shown in the help.
    needs:
        The environment it runs in.
    options:
        What may follow it.
    passes_on:
        Whether it parses the rest of the command line itself.
    """

    name: str
    summary: str
    needs: Needs
    options: tuple[Option, ...] = ()
    passes_on: bool = False


def main(package: str, about: str, verbs: Sequence[Verb], arguments: Sequence[str]) -> int:
    """Run one verb of ``python3 -m PACKAGE`` and return the exit code.

    A foreseeable error is printed to standard error as one message without a traceback; with LAB_DEBUG=1, the
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
        # In this order, because a flag of ours may take any number of words.
        return carry_out(package, verb, [*rest, *(getattr(options, "arguments", None) or [])])
    except LabError as error:
        if debugging.enabled():
            raise
        print(f"\n{error}", file=sys.stderr)
    except BrokenPipeError:  # the reader of the output has exited, as in `… doctor | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(f"\nStopped. Run `python3 -m {package} {verb.name}` again to continue.", file=sys.stderr)
        return 130
    return 1


def carry_out(package: str, verb: Verb, arguments: list[str]) -> int:
    """Enter the environment that the verb needs, call its ``command``, and return the exit code."""
    suites.chosen()  # refuses an unknown one before anything is installed
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
            name, words, nargs = one.name, one.of or None, "+" if one.of else 0
            if not one.name.startswith("--"):
                name, words, nargs = "arguments", one.name, "*"
            subparser.add_argument(name, metavar=words, nargs=nargs, action=_Collect, help=one.summary)
    return parser


class _Collect(argparse.Action):
    """Append a flag and the words after it to `arguments`, as they were given."""

    def __call__(
        self, parser: Any, namespace: argparse.Namespace, words: Any, flag: str | None = None
    ) -> None:
        before = getattr(namespace, "arguments", None) or []
        namespace.arguments = [*before, *([flag] if flag else []), *words]
