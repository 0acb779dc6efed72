"""Labs on an Engine that is warm: how fast they start, and what the helpers add to plain Docker."""

from __future__ import annotations

import time
from collections.abc import Iterator

from helpers import probes
from helpers.engine import Engine, stock
from helpers.lab import Lab, Machine
from tools.bench.rows import Row, in_turns, ratios, seconds

_STOCK_S = 300
_REST_S = 5
NAMES = ("first", "second")
# What chapter 01 does, as one would type it: the other side of the comparison.
_SCRIPT = """
set -e
docker run -dit --name first busybox
docker run -dit --name second busybox
address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' second)
docker exec first ping -c 1 $address
docker exec first ping -c 1 second || true
docker rm -f first second
"""


def measure(engine: Engine, rounds: int) -> Iterator[Row]:
    """Yield the rows that need nothing but an Engine."""
    three, one = in_turns(lambda: _start(engine, 3), lambda: _start(engine, 1), rounds)
    yield Row("`Lab(machines=3)` to three Engines answering, engine warm", "≤ 5 s", three, "s")
    yield Row("three machines against one", "≤ 1.5 ×", ratios(three, one), "×")
    with Lab(engine=engine) as lab:
        host = lab["host"]
        _plainly(host)  # nobody is first
        helpers, plain = in_turns(
            lambda: seconds(lambda: _with_helpers(host)), lambda: seconds(lambda: _plainly(host)), rounds
        )
    yield Row("helpers against a shell script on the machine", "≤ 1.10 ×", ratios(helpers, plain), "×")


def _start(engine: Engine, machines: int) -> float:
    _fill_stock(engine)
    labs: list[Lab] = []
    took = seconds(lambda: labs.append(Lab(machines=machines, engine=engine)))
    for lab in labs:
        lab.close()
    return took


def _fill_stock(engine: Engine) -> None:
    """A learner reads between two labs: the stock is filled up, and comes to rest. That is waited for."""
    if engine.endpoint.backend == "embedded":
        stock.fill(engine.endpoint.url, _STOCK_S)  # the process that the last lab has started may be at it
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
    host.run(_SCRIPT, timeout=300).checked("Running the script that the helpers are compared with")
