"""Scripts that run on a machine: shell, Perl and Python, each in a separate file that linters can check.

The convention: a package keeps the scripts that its modules send in its directory ``scripts``. A script gets
every value as an argument (``$1``, ``sys.argv[1]``), so that no value is ever interpreted as code. A ``.sh``
file must run in both dash and busybox. ``scripts`` is not a package (it has no ``__init__.py``): its files
are never imported here.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath

_INTERPRETERS = {".sh": ["sh", "-c"], ".py": ["python3", "-c"], ".pl": ["perl", "-e"]}


@cache
def read(package: str, name: str) -> str:
    """Return the text of a script.

    Parameters
    ----------
    package:
        The package that has the script: the caller's ``__package__``.
    name:
        The file's name, such as "relay.pl".
    """
    return files(package).joinpath("scripts", name).read_text("utf-8")


def argv(package: str, name: str, *arguments: object) -> list[str]:
    """Return the program and arguments that run a script wherever its interpreter is installed.

    Parameters
    ----------
    package, name:
        As for `read`.
    arguments:
        The script's arguments, each converted with ``str``.
    """
    suffix = PurePath(name).suffix
    # A shell's first argument is $0, the name that precedes its error messages.
    counted = [name] if suffix == ".sh" else []
    return [*_INTERPRETERS[suffix], read(package, name), *counted, *map(str, arguments)]


def command(package: str, name: str, *arguments: object) -> str:
    """Return the command line that runs a script on a machine; parameters as for `argv`."""
    return line(argv(package, name, *arguments))


def line(argv: Sequence[str]) -> str:
    """Return a command line that replaces the shell with that program, so that no shell waits for it."""
    return f"exec {shlex.join(argv)}"
