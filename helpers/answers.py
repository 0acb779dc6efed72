"""Parsing what comes from an Engine, a program or a file: what cannot be parsed raises `BadAnswer`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import BadAnswer

# What parsing raises if a field is missing, has the wrong type, is out of range, or is nested too deeply.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@contextmanager
def understood(what: str, *also: type[Exception]) -> Iterator[None]:
    """Turn the exceptions raised by parsing a foreign answer into a `BadAnswer`; also works as a decorator.

    Wrap only the parsing itself (not a generator, which parses later), or a call of docker-py, which parses
    the Engine's answer. Anywhere else the same exceptions are bugs of ours and must not be hidden.

    Parameters
    ----------
    what:
        What is being parsed, e.g. "what ping printed".
    also:
        Further exceptions that a parser raises on malformed input, e.g. ``ElementTree.ParseError``.

    Raises
    ------
    BadAnswer
        Instead of those exceptions. All others propagate.
    """
    try:
        yield
    except Exception as error:
        # docker-py raises a bare Exception if an answer is not a JSON object.
        if not isinstance(error, (*UNREADABLE, *also)) and type(error) is not Exception:
            raise
        raise BadAnswer(
            f"Reading {what}",
            f"it is truncated or has an unknown format ({type(error).__name__}: {error})",
            "Run the cell again. If that does not help, restart the kernel and run the chapter from the top.",
        ) from error
