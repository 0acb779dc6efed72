"""The command line: ``python3 -m helpers VERB``.

This module, `helpers.commands` and `helpers.environment` run on the standard library alone; a verb's own
module is imported once the environment that it needs has been entered.
"""

from __future__ import annotations

import argparse
import os
import sys

MINIMUM_PYTHON = (3, 11)
_READ_THEIR_OWN_ARGUMENTS = {"test", "soak"}


def main(arguments: list[str]) -> int:
    """Carry out one verb and return the exit code.

    Foreseeable trouble is one message on the standard error stream, never a traceback.
    """
    obstacle = _obstacle()
    if obstacle:
        print(obstacle, file=sys.stderr)
        return 1

    from helpers import commands
    from helpers.errors import LabError

    parser = _parser(commands.VERBS)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.verb not in _READ_THEIR_OWN_ARGUMENTS:
        parser.error(f"unknown argument: {' '.join(rest)}")
    if options.verb is None:
        parser.print_help()
        return 0
    try:
        return commands.carry_out(options.verb, [*(getattr(options, "arguments", None) or []), *rest])
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
    except BrokenPipeError:  # the reader of the output has gone, as in `… doctor | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(f"\nStopped. Repeat `python3 -m helpers {options.verb}` to go on.", file=sys.stderr)
        return 130
    return 1


def _obstacle() -> str | None:
    """Say why nothing can run here at all; needs to be understood by old versions of Python."""
    if os.name == "nt":
        return (
            "On Windows the course runs in WSL2: its labs are reached through Unix sockets.\n"
            "  1. In PowerShell: wsl --install -d Debian\n"
            "  2. In the Debian window: clone the project there, then `make lab`.\n"
            "Docker Desktop with its WSL2 integration is used if you have it;\n"
            "without it the course brings an engine of its own."
        )
    if sys.version_info < MINIMUM_PYTHON:
        return (
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} at {sys.executable}.\n"
            "Install a newer one and name it: `python3.12 -m helpers VERB` or `make lab PYTHON=python3.12`."
        )
    return None


def _parser(verbs: dict[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 -m helpers", description="Docker networking by experiment.")
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB")
    for verb, summary in verbs.items():
        subparser = subparsers.add_parser(verb, help=summary, description=summary)
        if verb in ("run", "regenerate"):
            explanation = "01, 01_default_bridge or a path"
            subparser.add_argument("arguments", nargs="*", metavar="CHAPTER", help=explanation)
        elif verb == "bench":
            explanation = "labs, warm, cold, course, memory, disk (default: all)"
            subparser.add_argument("arguments", nargs="*", metavar="PART", help=explanation)
        elif verb == "shell":
            explanation = "its name, e.g. machine1 (default: the first of the newest lab)"
            subparser.add_argument("arguments", nargs="*", metavar="MACHINE", help=explanation)
        elif verb == "stop":
            explanation = "also delete what was built for it; the next start builds it again"
            _add_flag(subparser, "--delete", explanation)
        elif verb == "doctor":
            _add_flag(subparser, "--packages", "list every Debian package of the lab's images")
        elif verb == "sweep":
            _add_flag(subparser, "--images", "also the machine image, which the next lab builds again")
        elif verb == "progress":
            _add_flag(subparser, "--reset", "forget what has been done")
    return parser


def _add_flag(parser: argparse.ArgumentParser, flag: str, explanation: str) -> None:
    parser.add_argument(flag, action="append_const", const=flag, dest="arguments", help=explanation)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
