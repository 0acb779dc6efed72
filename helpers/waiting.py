"""Waiting for something that happens elsewhere: one loop, with a timeout, that reports what it saw last."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from helpers.errors import LabError
from helpers.steps import duration, say

T = TypeVar("T")

_log = logging.getLogger(__name__)
_LONG_S = 2.0  # a wait worth logging


@dataclass(frozen=True)
class NotYet:
    """What is waited for has not happened yet; `seen` is what was found instead."""

    seen: str = ""


def wait_until(
    look: Callable[[], T | NotYet],
    *,
    tried: str,
    within_s: float,
    next_step: str,
    every_s: float = 0.2,
    silent_s: float = math.inf,
) -> T:
    """Call `look` until it returns something other than `NotYet`, and return that.

    Parameters
    ----------
    look:
        Checks once. An exception that it raises ends the wait.
    tried, next_step:
        The first and the last line of the error.
    within_s, every_s:
        Seconds until the wait is abandoned, and seconds between two checks.
    silent_s:
        Seconds after which a line says what is waited for; by default, no line does.

    Raises
    ------
    LabError
        After `within_s` seconds, with what was seen last.
    """
    started = time.monotonic()
    while isinstance(seen := look(), NotYet):
        waited_s = time.monotonic() - started
        if waited_s > within_s:
            raise LabError(tried, f"{seen.seen}\nafter {duration(within_s)}".strip(), next_step)
        if waited_s > silent_s:
            say(f"{tried} …")
            silent_s = math.inf
        time.sleep(every_s)
    if (waited := time.monotonic() - started) > _LONG_S:
        _log.debug("%s: after %.1f s", tried, waited)
    return seen
