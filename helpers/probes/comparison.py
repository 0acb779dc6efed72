"""Which of two paths is faster: interleaved requests, and a ratio with its confidence interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers import scripts
from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import tidy

if TYPE_CHECKING:
    from helpers.lab import Machine

Times = npt.NDArray[np.float64]

_BOUND_S = 20  # for one request
_RESAMPLES = 4000
_SEED = 1  # of the resampling: the same data give the same interval


@inside.probe
def in_turns(
    machine: Machine, urls: Mapping[str, str], *, rounds: int = 20, requests: int = 10, whole: bool = False
) -> pd.DataFrame:
    """Fetch several URLs in turns (A-B-A-B …), so that other load on the machine affects all alike.

    Each request opens a new connection. The first of each turn includes curl's start, and is left out.

    Parameters
    ----------
    machine:
        The client.
    urls:
        URLs, by the name of the path that they take.
    rounds, requests:
        The number of rounds, and of requests for each URL in a round.
    whole:
        Whether to time the whole answer, to compare throughput, rather than its first byte.

    Returns
    -------
    DataFrame
        The probe columns · path (a key of ``urls``), round (int), one row per request. ``rtt_ms``: from the
        request's start to the first byte of the answer (``whole``: to the last).
    """
    moment = "time_total" if whole else "time_starttransfer"
    told = f"%{{exitcode}} %{{http_code}} %{{{moment}}}\\n"
    turns = [word for path, url in urls.items() for word in (path, f"{url}?[0-{requests}]")]
    command = scripts.command(__package__, "in_turns.sh", rounds, _BOUND_S, told, *turns)
    printed = machine.run(command, timeout=60 + rounds * len(urls) * (requests + 1) * 2).stdout
    return _parse(printed, machine.name, urls)


@understood("what curl wrote")
def _parse(printed: str, source: str, urls: Mapping[str, str]) -> pd.DataFrame:
    """Parse each turn: the name of the path, then one line per request; the first includes curl's start."""
    rows, counts, path, first = [], dict.fromkeys(urls, 0), "", False
    for line in printed.splitlines():
        if line in urls:
            path, first = line, True
            counts[path] += 1
            continue
        if not first:
            code, status, seconds = line.split()
            ok = code == "0" and status == "200"
            rows.append(
                {
                    "source": source,
                    "target": urls[path],
                    "via": "",
                    "protocol": "http",
                    "ok": ok,
                    "rtt_ms": float(seconds) * 1000 if ok else np.nan,
                    "error": "" if ok else f"curl: exit code {code}, HTTP {status}",
                    "path": path,
                    "round": counts[path],
                }
            )
        first = False
    return tidy(rows, {"path": "str", "round": "int64"})


@dataclass(frozen=True)
class Ratio:
    """The median time of one path divided by that of another, and the 95 % confidence interval.

    Attributes
    ----------
    path, against:
        The two paths, such as "on the host network" and "through the published port".
    value, low, high:
        The ratio and its interval: below 1, `path` takes less time.
    """

    path: str
    against: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.verdict}: ratio {self.value:.2f} (95 % interval {self.low:.2f} to {self.high:.2f})"

    @property
    def verdict(self) -> str:
        """What can be concluded from the interval: "faster", "slower", or "no difference found"."""
        if self.high < 1:
            return "faster"
        return "slower" if self.low > 1 else "no difference found"

    def finding(self, what: str) -> str:
        """The title of a figure about `what` was timed, which claims no more than the verdict."""
        share = f"{self.value:.0%} of the time {self.against}"
        if self.verdict == "no difference found":
            return f"{what}: no difference found ({self.path}, {share})"
        return f"{what} is {self.verdict} {self.path}: {share}"


def ratio(frame: pd.DataFrame, path: str, against: str) -> Ratio:
    """Compare the median times of two paths of an `in_turns` frame: below 1, ``path`` is faster.

    The interval is a percentile bootstrap over rounds, not over requests: requests in the same
    round are affected by the same disturbances.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 8 (blocks).
    """
    answered = frame[frame["ok"]]
    times = [
        [rows["rtt_ms"].to_numpy() for _, rows in answered[answered["path"] == one].groupby("round")]
        for one in (path, against)
    ]
    rounds = min(map(len, times))
    random = np.random.default_rng(_SEED)
    drawn = random.integers(0, rounds, size=(_RESAMPLES, rounds))
    ratios = [_ratio_of_medians(times[0], times[1], choice) for choice in drawn]
    low, high = np.quantile(ratios, [0.025, 0.975])
    value = _ratio_of_medians(times[0], times[1], range(rounds))
    return Ratio(path, against, value, float(low), float(high))


def _ratio_of_medians(first: list[Times], second: list[Times], rounds: Iterable[int]) -> float:
    rounds = list(rounds)
    chosen = [np.concatenate([times[number] for number in rounds]) for times in (first, second)]
    return float(np.median(chosen[0]) / np.median(chosen[1]))
