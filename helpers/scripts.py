"""Scripts that run on a machine: shell, Perl and Python, each in a file of its own, which its linter reads.

The convention: a package keeps the scripts that its modules send in its directory ``scripts``. A script gets
every value as an argument (``$1``, ``sys.argv[1]``), so that nothing in a value is ever read as code; a file
``….sh`` is for both dash and busybox. ``scripts`` is no package (it has no ``__init__.py``): what it holds is
never imported here.
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
        Whose script it is: the caller's ``__package__``.
    name:
        Of the file, such as "relay.pl".
    """
    return files(package).joinpath("scripts", name).read_text("utf-8")


def argv(package: str, name: str, *arguments: object) -> list[str]:
    """Return the program and arguments that run a script, wherever its interpreter is.

    Parameters
    ----------
    package, name:
        As for `read`.
    arguments:
        What the script gets, each as ``str`` writes it.
    """
    suffix = PurePath(name).suffix
    # A shell counts from $0, the name that stands before what it says of an error.
    counted = [name] if suffix == ".sh" else []
    return [*_INTERPRETERS[suffix], read(package, name), *counted, *map(str, arguments)]


def command(package: str, name: str, *arguments: object) -> str:
    """Return the command line for a machine that runs a script; parameters as for `argv`."""
    return line(argv(package, name, *arguments))


def line(argv: Sequence[str]) -> str:
    """Return the command line by which a shell becomes that program: none stays behind to wait for it."""
    return f"exec {shlex.join(argv)}"
