"""Labs on a warm Engine: how fast they start, and the overhead of the helpers over plain Docker."""

from __future__ import annotations

import time
from collections.abc import Iterator

from helpers import probes, scripts
from helpers.engine import Engine, stock
from helpers.lab import Lab, Machine
from tools.bench.rows import Row, in_turns, ratios, seconds

_STOCK_S = 300
_REST_S = 5
NAMES = ("first", "second")


def measure(engine: Engine, rounds: int) -> Iterator[Row]:
    """Yield the rows that need only an Engine."""
    three, one = in_turns(lambda: _start(engine, 3), lambda: _start(engine, 1), rounds)
    yield Row("`Lab(machines=3)` until all three Engines answer, engine warm", "≤ 1.2 s", three, "s")
    yield Row("three machines compared with one", "≤ 1.5 ×", ratios(three, one), "×")
    with Lab(engine=engine) as lab:
        host = lab["host"]
        _plainly(host)  # warm up, so that neither side runs first
        helpers, plain = in_turns(
            lambda: seconds(lambda: _with_helpers(host)), lambda: seconds(lambda: _plainly(host)), rounds
        )
    yield Row("helpers compared with a shell script on the machine", "≤ 1.10 ×", ratios(helpers, plain), "×")


def _start(engine: Engine, machines: int) -> float:
    _fill_stock(engine)
    labs: list[Lab] = []
    took = seconds(lambda: labs.append(Lab(machines=machines, engine=engine)))
    for lab in labs:
        lab.close()
    return took


def _fill_stock(engine: Engine) -> None:
    """Wait until the stock is full and idle, as it is after a learner has read for a while between labs."""
    if engine.endpoint.backend == "embedded":
        stock.fill(engine.endpoint.url, _STOCK_S)  # the process that the previous lab started may be doing it
        time.sleep(_REST_S)


def _with_helpers(host: Machine) -> None:
    for name in NAMES:
        host.docker.containers.run("busybox", name=name, detach=True, tty=True, stdin_open=True)
    address = host.container("second").attrs["NetworkSettings"]["IPAddress"]
    for target in (address, "second"):
        probes.ping(host, "first", target, count=1)
    for name in NAMES:
        host.container(name).remove(force=True)


def _plainly(host: Machine) -> None:
    command = scripts.command(__package__, "by_hand.sh")
    host.run(command, timeout=300).checked("Running the script that the helpers are compared with")
