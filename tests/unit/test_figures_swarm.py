"""The figures of the swarm chapters: data, captions, and boxes wide enough for their text."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from helpers import figures
from helpers.probes.frame import tidy


@pytest.fixture(autouse=True)
def _off_screen() -> None:
    plt.switch_backend("Agg")


def test_shares_draws_zeros_and_the_expected_count() -> None:
    counts = {"fresh": pd.Series({"n.10": 2, "n.9": 2}), "kept": pd.Series({"n.9": 4})}
    ax: Any = figures.shares(counts, expected=2, title="t")
    drawn = {bar.get_gid(): bar.get_width() for bar in ax.patches}
    assert drawn == {"fresh|n.9": 2, "fresh|n.10": 2, "kept|n.9": 4, "kept|n.10": 0}
    (line,) = [line for line in ax.lines if line.get_gid() == "expected"]
    assert set(line.get_xdata()) == {2}
    assert figures.caption(ax) == "fresh: n.9 2, n.10 2 | kept: n.9 4, n.10 0"


@pytest.mark.parametrize(
    ("layers", "braces"),
    [
        ([("Ethernet", 14), ("VXLAN", 8), ("Ethernet", 14), ("payload", 9)], ["22 bytes", "23 bytes"]),
        ([("Ethernet", 14), ("ESP", 80)], ["94 bytes"]),
        ([("Ethernet", 14), ("payload", 50)], ["64 bytes"]),
    ],
)
def test_encapsulation_adds_up_outer_headers_and_inner_frame(
    layers: list[tuple[str, int]], braces: list[str]
) -> None:
    frame = pd.DataFrame([(*layer, "a:b:c → d:e:f") for layer in layers], columns=["layer", "bytes", "says"])
    ax: Any = figures.encapsulation(frame, title="t")
    assert [box.get_gid() for box in ax.patches] == [layer for layer, _ in layers]
    sums = [text.get_text() for text in ax.texts if ":" in text.get_text() and "bytes" in text.get_text()]
    assert [text.split(":")[-1].strip() for text in sums] == braces
    assert figures.caption(ax).startswith(f"{layers[0][0]} {layers[0][1]} + ")
    ax.figure.canvas.draw()
    for box, (name, _) in zip(ax.patches, layers, strict=True):
        named = [text for text in ax.texts if text.get_text() == name]
        (label,) = [text for text in named if box.contains_point(_middle(text), radius=0)]
        assert label.get_window_extent().width < box.get_window_extent().width


def _middle(text: Any) -> tuple[float, float]:
    extent = text.get_window_extent()
    return (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2


def test_a_requests_path_marks_what_each_stop_has_rewritten() -> None:
    stops = ["a: client", "b: eth0", "c: server"]
    tunnel = "VXLAN 4096, b → c"
    parts = [
        ("request", *stops[:2], "a:1", "b:8080", "", ""),
        ("request", *stops[1:], "a:1", "c:80", tunnel, "DNAT"),
        ("answer", *stops[:0:-1], "c:80", "a:1", tunnel, ""),
        ("answer", *stops[1::-1], "b:8080", "a:1", "", "DNAT undone"),
    ]
    columns = ["way", "sender", "receiver", "source", "target", "carrier", "by"]
    ax: Any = figures.request_path(pd.DataFrame(parts, columns=columns), title="t")
    ends = {text.get_gid(): text for text in ax.texts if text.get_gid()}
    assert [name for name, text in ends.items() if text.get_weight() == "bold"] == [
        "request|b: eth0|target",
        "answer|b: eth0|source",
    ]
    assert ends["request|b: eth0|target"].get_text() == "→ c:80"
    drawn = [text.get_text() for text in ax.texts]
    assert drawn.count("VXLAN 4096\nb → c") == 2
    assert {"a", "b", "c", "▸ DNAT\n◂ DNAT undone"} <= set(drawn)
    assert figures.caption(ax) == "request: a:1 → b:8080, a:1 → c:80 · answer: c:80 → a:1, b:8080 → a:1"
    _nothing_overlaps(ax, list(ends.values()))


def _nothing_overlaps(ax: Any, texts: list[Any]) -> None:
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_timeline_by_answering_replica_with_notes() -> None:
    common = {"source": "b", "target": "a", "via": "", "protocol": "http", "error": ""}
    rows = [
        common | {"ok": ok, "rtt_ms": 1.0 if ok else float("nan"), "t_s": t_s, "by": by}
        for t_s, ok, by in ((0.0, True, "n.1"), (1.0, True, "n.2"), (2.0, False, "n.2"), (3.0, True, "n.1"))
    ]
    events = pd.DataFrame([("off", 1.5, 2.5)], columns=["label", "t_s", "done_s"])
    notes = pd.DataFrame([("found out", 2.2)], columns=["label", "t_s"])
    ax: Any = figures.timeline(
        tidy(rows, {"t_s": "float64", "by": "str"}), events, title="t", by="by", notes=notes
    )
    lines: dict[Any, Any] = {line.get_gid(): line for line in ax.lines}
    assert list(lines["answered|n.1"].get_xdata()) == [0, 3]
    assert list(lines["answered|n.2"].get_xdata()) == [1]
    assert list(lines["lost"].get_xdata()) == [2]
    assert "found out" in [text.get_text() for text in ax.texts]
    assert figures.caption(ax) == "initially: all answered · after off: all answered"
