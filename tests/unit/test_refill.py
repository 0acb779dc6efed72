"""The stock is refilled when the engine has nothing else to do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from helpers.engine import fill_stock
from helpers.engine.vm import VirtualMachine

BUSY_S, IDLE_S = 1.0, 0.1  # of a processor, between two looks


class Computer:
    """A virtual machine that uses so many seconds of a processor between two looks."""

    def __init__(self, *uses_s: float, ends_after: float = math.inf) -> None:
        self.uses_s: Iterator[float] = iter(uses_s)
        self.ends_after = ends_after
        self.used_s, self.looks = 0.0, 0

    def processor_s(self) -> float:
        self.looks += 1
        self.used_s += next(self.uses_s, 0.0)
        return self.used_s

    def alive(self) -> bool:
        return self.looks < self.ends_after


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take no time for what would be seconds."""
    slept: list[float] = []
    clock = SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept))
    monkeypatch.setattr("helpers.engine.fill_stock.time", clock)
    return slept


def idle(computer: Computer) -> bool:
    return fill_stock.is_idle_in_time(cast(VirtualMachine, computer))


def test_it_waits_until_nothing_has_been_done_for_five_seconds(naps: list[float]) -> None:
    assert idle(Computer(0, BUSY_S, IDLE_S, IDLE_S, IDLE_S, BUSY_S, *[IDLE_S] * 5))
    assert sum(naps) == 10


def test_an_engine_that_is_never_idle_is_left_alone(naps: list[float]) -> None:
    assert not idle(Computer(0, *[BUSY_S] * 4000))
    assert sum(naps) == 3600


def test_it_does_not_wait_for_an_engine_that_has_ended(naps: list[float]) -> None:
    assert not idle(Computer(0, *[BUSY_S] * 100, ends_after=3))
    assert sum(naps) == 2
