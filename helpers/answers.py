"""Reading what an Engine, a program or a file says: what cannot be read is a `BadAnswer`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import BadAnswer

# What reading comes to where a field is missing, of another kind, out of range, or nested too deeply.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@contextmanager
def understood(what: str, *also: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong while a foreign answer is parsed into a `BadAnswer`; also as a decorator.

    Put nothing else in it than the parsing (not a generator, which parses later), or a call of docker-py,
    which parses what the Engine answers: elsewhere the same exceptions are mistakes of our own, and have to
    show.

    Parameters
    ----------
    what:
        What is read, e.g. "what ping printed".
    also:
        Further exceptions by which a parser refuses, e.g. ``ElementTree.ParseError``.

    Raises
    ------
    BadAnswer
        In place of those exceptions. All others come through.
    """
    try:
        yield
    except Exception as error:
        # Over an answer that is no object, docker-py raises a bare Exception.
        if not isinstance(error, (*UNREADABLE, *also)) and type(error) is not Exception:
            raise
        raise BadAnswer(
            f"Reading {what}",
            f"it is cut short, or of an unknown kind ({type(error).__name__}: {error})",
            "Run the cell again. If it comes again, restart the kernel and run the chapter from the top.",
        ) from error
