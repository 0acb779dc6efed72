"""docs/soak.md: what the campaign saw, as tables."""

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
        That writes it again; with the seed.
    about:
        One line on the machine and its engine.
    """
    crossings, visit = results.crossings, results.visit
    killed = [one for one in results.outcomes if one.fault.startswith("kernel")]
    others = [one for one in results.outcomes if one not in killed]
    day = datetime.now(UTC).date().isoformat()
    return "\n".join(
        [
            "# Nothing lost, nothing left",
            "",
            f"Written by `{command}` on {day}. {about}",
            "",
            "A lab is broken, and what is left of it is measured: seconds until the Engine holds no",
            f"container, network or volume of it (stated bound: {BOUND_S} s), seconds that the next lab",
            "takes to start, and whether the user's files (notebooks, progress) and the user's container,",
            "network and volume on the same Engine are as they were, to the byte of `inspect`.",
            "",
            f"## Kernels killed (SIGKILL) at a random moment: {_count(killed)}",
            "",
            f"{sum(map(_had_a_lab, killed))} of them had a lab on the Engine; only they are timed.",
            "",
            *table(
                ["chapter", "kills", "with a lab", "objects, most", "gone after, median", "most", "next lab"],
                [_kills_row(name, list(group)) for name, group in _by_fault(killed)],
            ),
            "",
            f"## Other faults: {_count(others)}",
            "",
            "Each strikes a lab of one machine, which is then closed.",
            "",
            *table(
                ["fault", "objects", "gone after", "next lab", "user's files", "what is seen"],
                [_fault_row(one) for one in others],
            ),
            "",
            f"## {crossings.labs} labs at once: {'nothing crosses' if crossings.good else 'NOT ISOLATED'}",
            "",
            _reason(crossings),
            "",
            *table(
                ["what might cross", "asked", "crossed"],
                [
                    ["a LAN that two labs share", f"{crossings.labs} labs", str(crossings.addresses)],
                    ["a ping to another lab's machine", f"{crossings.pairs} pairs", str(crossings.pings)],
                    ["another lab's name resolved", f"{crossings.pairs} pairs", str(crossings.names)],
                    [
                        "a packet of another lab on a LAN",
                        f"{crossings.labs} LANs, at least {crossings.own} packets seen on each",
                        str(crossings.packets),
                    ],
                    [
                        "an experiment whose result differs from a lab's alone",
                        f"{crossings.labs} labs",
                        str(crossings.verdicts),
                    ],
                ],
            ),
            "",
            f"## A guest on a user's Engine: {'nothing changes' if visit.good else 'NOT AS BEFORE'}",
            "",
            "The campaign's engine as a user's, with containers, images, a network, a volume, and a swarm",
            "with a service: `inspect` of each, byte by byte. `make clean` does the second on an Engine.",
            "",
            *table(
                ["what the guest does", "things of the user's", "changed"],
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
    files = "as before" if one.intact else "CHANGED"
    return [
        one.fault,
        str(one.objects),
        _seconds(one.gone_s),
        _seconds(one.next_lab_s),
        files,
        cell(one.seen),
    ]


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < math.inf else f"NOT in {ground.BOUND_S} s"


def _reason(crossings: Crossings) -> str:
    told = "All machines ping all others, while each LAN is captured; then each runs a container."
    if crossings.labs < isolation.WANTED:
        return f"{told} No more fit: {crossings.free_mb} MB of the Engine's memory are left."
    return told
