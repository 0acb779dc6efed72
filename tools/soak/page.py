"""docs/soak.md: the results of the campaign, as tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from statistics import median

from tools.markdown import cell, table
from tools.soak import ground, isolation
from tools.soak.campaign import Results
from tools.soak.ground import BOUND_S, Outcome
from tools.soak.isolation import Crossings


def render(command: str, about: str, results: Results) -> str:
    """Write the page.

    Parameters
    ----------
    command:
        The command that reproduces it, with the seed.
    about:
        One line about the computer and the engine.
    """
    crossings, visit = results.crossings, results.visit
    killed = [one for one in results.outcomes if one.fault.startswith("kernel")]
    others = [one for one in results.outcomes if one not in killed]
    day = datetime.now(UTC).date().isoformat()
    return "\n".join(
        [
            "# Nothing lost, nothing left behind",
            "",
            f"Written by `{command}` on {day}. {about}",
            "",
            "The campaign breaks a lab and measures how long it takes until the Engine has no container,",
            f"network or volume of that lab left (stated bound: {BOUND_S} s), how long the next lab takes to",
            "start, and whether the user's files (notebooks, progress) and the user's container, network and",
            "volume on the same Engine are unchanged (the objects: byte for byte, as `inspect` prints them).",
            "",
            f"## Kernels killed (SIGKILL) at a random moment: {_count(killed)}",
            "",
            f"{sum(map(_had_a_lab, killed))} of them had a lab on the Engine; only those are timed.",
            "",
            *table(
                ["chapter", "kills", "with a lab", "objects, max", "gone, median", "gone, max", "next lab"],
                [_kills_row(name, list(group)) for name, group in _by_fault(killed)],
            ),
            "",
            f"## Other faults: {_count(others)}",
            "",
            "Each fault is injected into a lab of one machine, which is then closed.",
            "",
            *table(
                ["fault", "objects", "gone after", "next lab", "user's files", "what the learner sees"],
                [_fault_row(one) for one in others],
            ),
            "",
            f"## {crossings.labs} labs at once: {'nothing crosses' if crossings.good else 'NOT ISOLATED'}",
            "",
            _reason(crossings),
            "",
            *table(
                ["what might cross", "tested", "crossed"],
                [
                    ["a LAN that two labs share", f"{crossings.labs} labs", str(crossings.addresses)],
                    ["a ping to another lab's machine", f"{crossings.pairs} pairs", str(crossings.pings)],
                    ["another lab's name resolved", f"{crossings.pairs} pairs", str(crossings.names)],
                    [
                        "a packet of another lab on a LAN",
                        f"{crossings.labs} LANs, at least {crossings.own} packets captured on each",
                        str(crossings.packets),
                    ],
                    [
                        "an experiment whose result differs from that in a single lab",
                        f"{crossings.labs} labs",
                        str(crossings.verdicts),
                    ],
                ],
            ),
            "",
            f"## The course on a user's Engine: {'nothing changes' if visit.good else 'OBJECTS CHANGED'}",
            "",
            "The campaign's engine plays the part of a user's Engine, with containers, images, a network, a",
            "volume, and a swarm with a service. Each is compared byte for byte, as `inspect` prints it.",
            "`sweep --images` is what `make clean` runs on an Engine.",
            "",
            *table(
                ["what runs", "the user's objects", "changed"],
                [
                    ["the whole course: `run`", str(visit.things), str(visit.by_course)],
                    ["`sweep --images`", str(visit.things), str(visit.by_clean)],
                ],
            ),
            "",
        ]
    )


def _had_a_lab(one: Outcome) -> bool:
    return one.objects > 0


def _count(outcomes: Sequence[Outcome]) -> str:
    failed = sum(not one.good for one in outcomes)
    return f"{len(outcomes)}, " + (f"{failed} NOT GOOD" if failed else "all good")


def _by_fault(outcomes: Iterable[Outcome]) -> Iterable[tuple[str, Iterable[Outcome]]]:
    return groupby(sorted(outcomes, key=lambda one: one.fault), key=lambda one: one.fault)


def _kills_row(name: str, outcomes: list[Outcome]) -> list[str]:
    gone = [one.gone_s for one in outcomes if _had_a_lab(one)]
    return [
        name.rpartition(" ")[2],
        str(len(outcomes)),
        str(sum(map(_had_a_lab, outcomes))),
        str(max(one.objects for one in outcomes)),
        _seconds(median(gone)) if gone else "–",
        _seconds(max(gone)) if gone else "–",
        _seconds(max(one.next_lab_s for one in outcomes)),
    ]


def _fault_row(one: Outcome) -> list[str]:
    files = "unchanged" if one.intact else "CHANGED"
    return [
        one.fault,
        str(one.objects),
        _seconds(one.gone_s),
        _seconds(one.next_lab_s),
        files,
        cell(one.seen),
    ]


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < math.inf else f"NOT within {ground.BOUND_S} s"


def _reason(crossings: Crossings) -> str:
    told = "Every machine pings every other while each LAN is captured; then each machine runs a container."
    if crossings.labs < isolation.WANTED:
        return f"{told} No more labs fit: {crossings.free_mb} MB of the Engine's memory were left."
    return told
