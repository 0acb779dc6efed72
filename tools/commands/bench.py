"""``bench``: how long a learner waits, as a table of medians and ratios."""

from __future__ import annotations

import os

from helpers import notebooks
from helpers.engine import connect
from helpers.errors import LabError
from helpers.paths import PROJECT
from helpers.steps import say, step
from tools.bench import journey, labs, page, room
from tools.bench.rows import Row, as_table
from tools.room import image

_LABS, _WARM, _COLD = 9, 9, 3  # repetitions
_ADDED = ("09", "10")  # chapters that came after the course's target
_PARTS = ("labs", "warm", "cold", "course", "memory", "disk", "room")
_LEARNERS = 5


def command(parts: list[str]) -> int:
    """Measure the named parts, or all, and print the table; a run of all also writes docs/bench.md.

    Raises
    ------
    LabError
        If there is no such part, or a measurement fails.
    """
    if unknown := set(parts) - set(_PARTS):
        raise LabError(
            f"Measuring {', '.join(sorted(unknown))}",
            f"the parts are {', '.join(_PARTS)}",
            "Name one or more of them.",
        )
    wanted = parts or list(_PARTS)
    if not parts and os.geteuid() != 0:
        wanted.remove("room")
        say("Not measured: a room of learners, whose Docker host only root can start.")
    if "room" in wanted:
        image.build()  # before the rest, because it refuses uncommitted changes
    rows: list[Row] = []
    setup: dict[str, float] = {}
    course: dict[str, float] = {}

    def tell(row: Row) -> None:
        rows.append(row)
        say(str(row))

    engine = connect()
    told = f"Engine {engine.version}, {engine.endpoint.source}"
    if "labs" in wanted:
        for row in labs.measure(engine, _LABS):
            tell(row)
    engine.close()
    if "memory" in wanted:
        with step("Running chapter 07 to see how much memory it takes", about="3 min"):
            used = journey.memory("07")
        tell(Row("resident memory of the embedded engine during chapter 07", "≤ 1.8 GiB", [used], "GiB"))
    if "course" in wanted:
        added = notebooks.find(_ADDED)
        first = [chapter for chapter in notebooks.find([]) if chapter not in added]
        with step("Running chapters 00 to 08 under pytest --nbval", about="9 min"):
            course = journey.course(first)
        tell(Row("chapters 00 to 08 under `pytest --nbval`", "≤ 8.5 min", [course.pop("whole") / 60], "min"))
        with step(f"Running chapters {' and '.join(_ADDED)}", about="10 min"):
            course |= journey.course(added)
        tell(Row(f"chapters {' and '.join(_ADDED)}", "–", [course.pop("whole") / 60], "min"))
    if "warm" in wanted:
        with step(f"Starting JupyterLab {_WARM} times", about="3 min"):
            waits = [journey.warm() for _ in range(_WARM)]
        tell(Row("`make lab` to the first result, everything cached, engine stopped", "≤ 9 s", waits, "s"))
    if "cold" in wanted:
        with step(f"Setting everything up in a fresh clone, {_COLD} times", about="9 min"):
            setups = [journey.cold() for _ in range(_COLD)]
        setup = setups[-1][1]
        minutes = [wait / 60 for wait, _ in setups]
        tell(Row("bare machine (with Debian's packages) to the first result", "≤ 2.25 min", minutes, "min"))
    if "disk" in wanted:
        tell(Row("cached files of the embedded engine", "≤ 1.8 GiB", [journey.cached()], "GiB"))
    if "room" in wanted:
        with step(f"Letting {_LEARNERS} learners into a room at once", about="5 min"):
            for row in room.measure(_LEARNERS):
                tell(row)
    print("\n".join(as_table(rows)))
    if setup and course:
        page.write(PROJECT / "docs", rows, told, setup, course)
    return 0
