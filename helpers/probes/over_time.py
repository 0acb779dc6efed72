"""Reachability over time: attempts at fixed intervals while something happens to the network."""

from __future__ import annotations

import operator
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
ATTEMPT_S = 3  # for one attempt, including name resolution
START_S = 30  # from the exec to the first attempt
END_S = 30  # from the request to stop to the last attempt's end
STEADY_S = 60  # for a stretch without a lost attempt to come
FORGOTTEN_S = 180  # how much longer than requested the loop continues if nothing stops it


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

    Each attempt is a separate ping, which resolves the target again.

    Parameters
    ----------
    machine, source:
        The container that pings, and the machine that it runs on.
    target:
        An address or a name.
    seconds:
        How long to continue.
    events:
        (at_seconds, label, function): the function is called in this thread at that time, plus the time that
        earlier events took, so that no phase between events is cut short.
    interval:
        Seconds between two attempts.
    via:
        Free text for the column of that name, such as "IP" or "name".

    Returns
    -------
    attempts : DataFrame
        The probe columns and t_s: when the attempt started, in seconds since the first attempt, by the clock
        of the Engine's kernel. In order of t_s.
    events : DataFrame
        label (str) · t_s · done_s: when the function was called and when it returned (seconds on the same
        clock, accurate to a few milliseconds).

    Raises
    ------
    LabError
        If the source is not running or its pings never start. What an event raises is passed on unchanged.
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
    steady_s: float = 0,
    answered: Callable[[int], bool] = operator.not_,
) -> tuple[list[tuple[str, int, float]], pd.DataFrame]:
    """Carry out events while a program makes attempts and reports them; return the attempts and the events.

    Parameters
    ----------
    stream:
        What the program prints, record by record (`inside.records`): ("", stamp) when an attempt begins,
        (text, code, stamp of its beginning) when it has ended, four empty fields when all attempts have.
    tried:
        What the error message says, if no attempt is reported.
    seconds, events:
        As for `reachability_timeline`.
    stop:
        Makes the program stop.
    steady_s, answered:
        Begin with the first stretch of so many seconds in which every attempt was answered, judged by its
        code; earlier attempts are left out.

    Returns
    -------
    attempts : list
        (text, code, t_s), in order of t_s: when the attempt began, in seconds since the first.
    events : DataFrame
        As for `reachability_timeline`.

    Raises
    ------
    LabError
        If attempts never start, are not all reported, or are not answered for `steady_s` within a minute.
    """
    reader = _Reader(stream, tried)
    marks: list[dict[str, Any]] = []
    try:
        if steady_s:
            reader.begin_steady(steady_s, answered)
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
    """Collects the program's records in a separate thread, and knows the time by the program's clock.

    Our clock and the program's differ by a constant. No record arrives before it is sent, so the smallest
    difference between arrival and stamp is the closest to that constant (as in NTP's clock filter).
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

    def begin_steady(self, seconds: float, answered: Callable[[int], bool]) -> None:
        """Take for the first attempt the one that began a stretch without a lost one, once it has lasted."""
        deadline = time.monotonic() + STEADY_S
        while time.monotonic() < deadline:
            started = sorted(float(stamp) for _, stamp in self._records(2))
            codes = {float(stamp): int(code) for _, code, stamp in self._records(3)}
            bad = [stamp for stamp in started[:-1] if stamp not in codes or not answered(codes[stamp])]
            steady = [stamp for stamp in started if not bad or stamp > bad[-1]]
            if steady[-1] - steady[0] >= seconds:
                self.first = steady[0]
                return
            time.sleep(0.1)
        self._give_up(f"within {STEADY_S} s, there were not {seconds:g} s in which each was answered")

    def now_s(self) -> float:
        """Seconds since the first attempt, by the program's clock."""
        return time.monotonic() - self._difference - self.first

    def attempts(self) -> list[list[str]]:
        """All attempts (text, exit code, stamp), once the loop has ended."""
        self._thread.join(END_S)
        started, ended = len(self._records(2)), self._records(3)
        if len(ended) < started:
            self._give_up(f"{len(ended)} of {started} attempts have been reported")
        return [fields for fields in ended if float(fields[2]) >= self.first]

    def _give_up(self, seen: str) -> NoReturn:
        said = self._received.decode(errors="replace").rpartition(inside.RECORD)[2].strip()
        raise LabError(
            self._tried, f"{seen}; {said}".rstrip("; "), "See with `docker ps` whether it is running."
        )
