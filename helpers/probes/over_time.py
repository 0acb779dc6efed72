"""Reachability over time: attempts at fixed moments while something happens to the network."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.errors import LabError
from helpers.probes import icmp, inside
from helpers.probes.frame import tidy, typed

if TYPE_CHECKING:
    from helpers.lab import Machine

Event = tuple[float, str, Callable[[], object]]
ATTEMPT_S = 3  # one attempt, resolving included
START_S = 30  # from the exec to the first attempt
END_S = 30  # from the request to stop to the last attempt's end
FORGOTTEN_S = 180  # how much longer than asked the loop goes on if nobody stops it


def reachability_timeline(
    machine: Machine,
    source: str,
    target: str,
    *,
    seconds: float,
    events: Sequence[Event] = (),
    interval: float = 0.2,
    via: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ping ``target`` from the container ``source`` every ``interval`` seconds while the events happen.

    Each attempt is a ping of its own, which resolves the target anew.

    Parameters
    ----------
    machine, source:
        The container that pings, and the machine that it runs on.
    target:
        An address or a name.
    seconds:
        How long to go on.
    events:
        (at_seconds, label, function): the function is called in this thread at that moment of a plan in which
        events take no time. What they really take is added, so no phase between them is cut short.
    interval:
        Seconds between two attempts.
    via:
        Free text for the column of that name, such as "IP" or "name".

    Returns
    -------
    attempts : DataFrame
        The probe columns and t_s (seconds since the first attempt, by the clock of the Engine's kernel, at
        which the attempt started), in that order.
    events : DataFrame
        label (str) · t_s · done_s: when the function was called and when it returned (seconds on the same
        clock, known to some milliseconds).

    Raises
    ------
    LabError
        If the source does not run or its pings never start. What an event raises comes through unchanged.
    """
    attempt = inside.bounded(["ping", "-c", "1", "-W", str(ATTEMPT_S - 1), target], ATTEMPT_S)
    stop = f"/dev/shm/stop-{secrets.token_hex(4)}"
    rounds = round((seconds + FORGOTTEN_S) / interval)
    argv = scripts.argv(__package__, "attempts_over_time.sh", stop, rounds, f"{interval:g}", *attempt)
    stream: Any = machine.container(source).exec_run(argv, stream=True).output
    records, marks = follow(
        stream,
        f"Pinging {target} from {source} on {machine.name}",
        seconds=seconds,
        events=events,
        stop=lambda: inside.run(machine, source, ["touch", stop], timeout=30),
    )
    rows = [
        icmp.rows(text, code, source=source, target=target, via=via, count=1, bound=ATTEMPT_S)[0]
        | {"t_s": t_s}
        for text, code, t_s in records
    ]
    return tidy(rows, {"t_s": "float64"}), marks


def follow(
    stream: Iterable[bytes],
    tried: str,
    *,
    seconds: float,
    events: Sequence[Event],
    stop: Callable[[], object],
) -> tuple[list[tuple[str, int, float]], pd.DataFrame]:
    """Let events happen while a program makes attempts and reports them; the attempts, and the events.

    Parameters
    ----------
    stream:
        What the program prints, record by record (`inside.records`): ("", stamp) when an attempt begins,
        (text, code, stamp of its beginning) when it has ended, four empty fields when all have.
    tried:
        For the error, if nothing comes.
    seconds, events:
        As for `reachability_timeline`.
    stop:
        Makes the program stop.

    Returns
    -------
    attempts : list
        (text, code, t_s), in order of their beginning, in seconds since the first.
    events : DataFrame
        As for `reachability_timeline`.
    """
    reader = _Reader(stream, tried)
    marks: list[dict[str, Any]] = []
    try:
        late = 0.0  # what earlier events took
        for at_s, label, function in sorted(events, key=lambda event: event[0]):
            time.sleep(max(0.0, at_s + late - reader.now_s()))
            called = reader.now_s()
            function()
            marks.append({"label": label, "t_s": called, "done_s": reader.now_s()})
            late = reader.now_s() - at_s
        time.sleep(max(0.0, seconds + late - reader.now_s()))
    finally:
        stop()
    attempts = reader.attempts()
    with understood("what the attempts reported"):
        records = [
            (text, int(code), round(float(stamp) - reader.first, 2))
            for text, code, stamp in sorted(attempts, key=lambda fields: float(fields[2]))
        ]
    columns = {"label": "str", "t_s": "float64", "done_s": "float64"}
    return records, typed(marks, columns).round(3)


class _Reader:
    """Collects the loop's records in a thread of its own, and knows what time it is where they come from.

    Our clock and theirs differ by a constant. No record arrives before it is sent, so the smallest difference
    seen between arrival and stamp is the closest to that constant (as NTP's clock filter has it).
    """

    def __init__(self, stream: Iterable[bytes], tried: str) -> None:
        self.first = 0.0
        self._tried = tried
        self._stream = stream
        self._received = b""
        self._difference = float("inf")
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        if not self._started.wait(START_S) or not self.first:
            self._give_up(f"no attempt within {START_S} s")

    def _read(self) -> None:
        try:
            for chunk in self._stream:
                arrived = time.monotonic()
                self._received += chunk
                if self._records(4):
                    return
                for stamp in (float(fields[1]) for fields in self._records(2)):
                    self.first = self.first or stamp
                    self._difference = min(self._difference, arrived - stamp)
                    self._started.set()
        finally:
            self._started.set()

    def _records(self, fields: int) -> list[list[str]]:
        text = self._received.decode(errors="replace")
        return [record for record in inside.records(text) if len(record) == fields]

    def now_s(self) -> float:
        """Seconds since the first attempt, by the clock where the pings run."""
        return time.monotonic() - self._difference - self.first

    def attempts(self) -> list[list[str]]:
        """All attempts (text, exit code, stamp), once the loop has ended."""
        self._thread.join(END_S)
        started, ended = len(self._records(2)), self._records(3)
        if len(ended) < started:
            self._give_up(f"{len(ended)} of {started} attempts have been reported")
        return ended

    def _give_up(self, seen: str) -> NoReturn:
        said = self._received.decode(errors="replace").rpartition(inside.RECORD)[2].strip()
        raise LabError(self._tried, f"{seen}; {said}".rstrip("; "), "See with `docker ps` if it runs.")
