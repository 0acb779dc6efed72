"""The data behind a figure's Axes has its content; the style does not leak out of the figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from helpers import figures
from helpers.figures import layout, style
from helpers.probes.frame import tidy

NAMES = ("nginx", "busybox1", "busybox2")


@pytest.fixture(autouse=True)
def _leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a figure must not show itself"))
    plt.switch_backend("Agg")
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


def endpoints(*rows: tuple[str, str, str, str, str, str]) -> pd.DataFrame:
    columns = ["machine", "container", "network", "driver", "interface", "ipv4"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(prefix=frame["ipv4"].map(lambda address: 16 if address else None), mac="").astype(
        {"prefix": "Int64"}
    )


def networks(machine: str, *more: tuple[str, str, str]) -> pd.DataFrame:
    always = (("bridge", "bridge", "172.17.0.0/16"), ("host", "host", ""), ("none", "null", ""))
    rows = [(machine, *row, "docker0" if row[0] == "bridge" else "", False) for row in always + more]
    return pd.DataFrame(rows, columns=["machine", "name", "driver", "subnet", "interface", "internal"])


def lan(*machines: str) -> pd.DataFrame:
    rows = [
        (name, f"192.168.99.{number}", "eth0", "192.168.99.0/24") for number, name in enumerate(machines, 100)
    ]
    return pd.DataFrame(rows, columns=["machine", "address", "interface", "subnet"])


TWO_NETWORKS = endpoints(
    ("host", "busybox1", "bridge", "bridge", "eth0", "172.17.0.3"),
    ("host", "busybox1", "my_bridge", "bridge", "eth1", "172.20.0.2"),
    ("host", "nginx", "bridge", "bridge", "eth0", "172.17.0.2"),
)


def swarm() -> pd.DataFrame:
    return pd.concat(
        endpoints(
            *(
                (machine, f"nginx.{number}", network, driver, f"eth{port}", f"10.{port}.{number}.200")
                for number in range(4)
                for port, (network, driver) in enumerate(
                    (("ingress", "overlay"), ("docker_gwbridge", "bridge"), ("bridge", "bridge"))
                )
            )
        )
        for machine in ("manager", "machine1", "machine2")
    )


def reach(answers: Callable[[str, str, str], bool]) -> pd.DataFrame:
    return tidy(
        {
            "source": source,
            "target": target,
            "via": via,
            "protocol": "icmp",
            "ok": answers(source, target, via),
            "rtt_ms": 0.1 if answers(source, target, via) else math.nan,
            "error": "",
        }
        for source in NAMES
        for target in NAMES
        for via in ("IP", "name")
        if source != target
    )


def attempts(*rows: tuple[float, float]) -> pd.DataFrame:
    common = {"source": "a", "target": "b", "via": "IP", "protocol": "icmp", "error": ""}
    return tidy(
        [common | {"t_s": t, "rtt_ms": rtt, "ok": not math.isnan(rtt)} for t, rtt in rows], {"t_s": "float64"}
    )


def words(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_topology_draws_every_attachment() -> None:
    ax: Any = figures.topology(
        TWO_NETWORKS, networks("host", ("my_bridge", "bridge", "172.20.0.0/16")), title="t"
    )
    shown = words(ax)
    for expected in ("busybox1", "nginx", "bridge", "my_bridge", "172.20.0.0/16", "eth0\n172.17.0.3"):
        assert expected in shown
    assert sum(line.get_marker() == "o" for line in ax.lines) == len(TWO_NETWORKS)
    assert figures.caption(ax) == (
        "host: bridge (default bridge · docker0) connects busybox1, nginx; "
        "my_bridge (user-defined bridge) connects busybox1"
    )


def test_topology_of_a_fresh_machine_shows_its_three_networks() -> None:
    ax: Any = figures.topology(endpoints(), networks("host"), lan("host"), title="t")
    assert {"bridge", "host", "none", "LAN   192.168.99.0/24", "eth0\n192.168.99.100"} <= set(words(ax))


def test_topology_of_host_and_none() -> None:
    frame = endpoints(("host", "web", "host", "host", "", ""), ("host", "batch", "none", "null", "", ""))
    ax: Any = figures.topology(frame, networks("host"), title="t")
    assert "lo\nnothing else" in words(ax)
    assert "host (the machine's own interfaces) connects web" in figures.caption(ax)
    assert "batch" not in figures.caption(ax)


@pytest.mark.parametrize("upright", [False, True])
def test_topology_has_no_overlaps_and_stays_inside_the_figure(upright: bool) -> None:
    frame = swarm() if upright else TWO_NETWORKS
    names = list(frame["machine"].unique())
    plan = layout.plan(frame, None, lan(*names))
    assert plan.lan
    assert plan.lan.upright is upright
    assert plan.width < 16
    for machine in plan.machines:
        assert machine.left >= 0
        assert machine.left + machine.width <= plan.width
        assert 0 <= machine.bottom < machine.top <= plan.height
        lowest = min(bar.bottom for bar in machine.bars)
        edge = machine.left
        for box in machine.boxes:
            assert edge <= box.left
            assert box.bottom + layout.BOX < lowest
            edge = box.left + box.width
            assert all(box.left < port.x and port.x + port.width <= edge + 0.1 for port in box.ports)
        assert edge <= machine.left + machine.width
        assert all(bar.least_width <= machine.width for bar in machine.bars)


def test_topology_text_is_readable_in_print() -> None:
    ax: Any = figures.topology(swarm(), lan=lan("manager", "machine1", "machine2"), title="t")
    assert min(text.get_fontsize() for text in ax.texts) >= 9
    assert 110 <= ax.get_figure().dpi <= 150


def test_every_kind_is_distinguishable_without_colour() -> None:
    def grey(kind: style.Kind) -> int:
        red, green, blue = to_rgb(kind.colour)
        return round(10 * (0.3 * red + 0.59 * green + 0.11 * blue))

    seen = {(grey(kind), kind.hatch) for kind in style.KINDS.values()}
    assert len(seen) == len(style.KINDS)


@pytest.mark.parametrize(
    ("network", "driver", "label"),
    [
        ("bridge", "bridge", "default bridge"),
        ("my_bridge", "bridge", "user-defined bridge"),
        ("none", "null", "none"),
        ("ingress", "overlay", "ingress"),
        ("mine", "overlay", "overlay"),
        ("mine", "my/plugin:1", "my/plugin:1"),
    ],
)
def test_kind(network: str, driver: str, label: str) -> None:
    assert style.kind(network, driver).label == label


def glyphs(ax: Any) -> dict[str, str]:
    return {text.get_gid(): text.get_text() for text in ax.texts if text.get_gid()}


def test_matrix() -> None:
    ax: Any = figures.matrix(reach(lambda _, __, via: via == "IP"), title="t")
    found = glyphs(ax)
    assert len(found) == 2 * 9
    assert found["|IP|nginx|busybox1"] == "✓"
    assert found["|name|nginx|busybox1"] == "✗"
    assert found["|name|nginx|nginx"] == "·"
    assert figures.caption(ax) == "by IP: 6 of 6 pairs answer · by name: 0 of 6 pairs answer"


def test_matrix_marks_a_pair_with_one_lost_answer_in_two_as_failed() -> None:
    frame = reach(lambda *_: True)
    frame = pd.concat([frame, frame.head(1).assign(ok=False)])
    assert glyphs(figures.matrix(frame, title="t"))["|IP|nginx|busybox1"] == "✗"


def test_matrices() -> None:
    before = reach(lambda _, __, via: via == "IP")
    after = reach(lambda source, target, via: via == "IP" or "nginx" not in (source, target))
    ax: Any = figures.matrices({"before": before, "after": after}, title="t")
    found = glyphs(ax)
    assert found["before|name|busybox1|busybox2"] == "✗"
    assert found["after|name|busybox1|busybox2"] == "✓"
    assert found["after|name|nginx|busybox2"] == "✗"
    assert {"before", "after", "by IP", "by name"} <= set(words(ax))
    assert figures.caption(ax).endswith("after, by name: 2 of 6 pairs answer")


@pytest.mark.parametrize(("slowest", "scale"), [(0.4, "linear"), (40.0, "log")])
def test_distribution_shows_every_sample(slowest: float, scale: str) -> None:
    frame = attempts((0, 0.3), (1, 0.1), (2, 0.2), (3, slowest), (4, math.nan))
    ax: Any = figures.distribution(frame, by="via", title="t")
    [line] = [line for line in ax.lines if line.get_gid() == "IP"]
    assert list(line.get_xdata()) == [0.1, 0.2, 0.3, slowest]
    assert list(line.get_ydata()) == [0.25, 0.5, 0.75, 1]
    assert ax.get_xscale() == scale
    assert "median 0.25 ms (n = 4)" in str(line.get_label())
    assert "milliseconds" in ax.get_xlabel()
    assert figures.caption(ax) == "round-trip time: IP (4 of 5 answered)"


def test_distribution_without_answers() -> None:
    ax: Any = figures.distribution(attempts((0, math.nan)), by="via", title="t")
    assert figures.caption(ax).endswith("IP (0 of 1 answered)")


EVENTS = pd.DataFrame([("cut", 0.95, 1.1), ("heal", 1.95, 2.15)], columns=["label", "t_s", "done_s"])


def test_timeline() -> None:
    nan = math.nan
    frame = attempts((0, 0.1), (0.5, 0.2), (1.0, nan), (1.5, nan), (1.9, nan), (2.1, nan), (2.2, 0.1))
    ax: Any = figures.timeline(frame, EVENTS, title="t")
    lines: dict[Any, Any] = {line.get_gid(): line for line in ax.lines}
    assert list(lines["answered"].get_xdata()) == [0, 0.5, 2.2]
    assert list(lines["lost"].get_xdata()) == [1.0, 1.5, 1.9, 2.1]
    assert sum(line.get_gid() == "event" for line in ax.lines) == 2
    caption = "initially: all answered · after cut: none answered · after heal: all answered"
    assert figures.caption(ax) == caption


def test_timeline_caption_covers_partial_answers_and_missing_attempts() -> None:
    frame = attempts((0, 0.1), (0.5, math.nan), (1.5, math.nan))
    caption = figures.caption(figures.timeline(frame, EVENTS, title="t"))
    assert caption == "initially: some answered · after cut: none answered · after heal: no attempts"


def test_timeline_without_events_or_answers() -> None:
    ax: Any = figures.timeline(attempts((0, math.nan), (1, math.nan)), EVENTS.head(0), title="t")
    assert figures.caption(ax) == "initially: none answered"


def stacked(*containers: tuple[str, str, str]) -> Any:
    """A figure of containers (name, network, driver): all have lo, those with a real driver also eth0."""
    addresses = [(name, "lo", "127.0.0.1/8", "") for name, *_ in containers]
    addresses += [
        (name, "eth0", "172.17.0.2/16", "02:42") for name, _, driver in containers if driver != "null"
    ]
    routes = [
        row
        for name, _, driver in containers
        if driver != "null"
        for row in ((name, "default", "172.17.0.1", "eth0"), (name, "172.17.0.0/16", "", "eth0"))
    ]
    return figures.stacks(
        pd.DataFrame(addresses, columns=["source", "interface", "ipv4", "mac"]),
        pd.DataFrame(routes, columns=["source", "destination", "gateway", "interface"]),
        endpoints(*(("host", *container, "", "") for container in containers)),
        title="t",
    )


def test_stacks_show_interfaces_and_routes_of_each_container() -> None:
    ax = stacked(("web", "bridge", "bridge"), ("lonely", "none", "null"))
    found = [(text.get_gid(), text.get_text()) for text in ax.texts if text.get_gid()]
    assert found == [
        ("interface|web", "127.0.0.1/8"),
        ("interface|web", "172.17.0.2/16"),
        ("route|web", "default via 172.17.0.1 → eth0"),
        ("route|web", "172.17.0.0/16 → eth0"),
        ("interface|lonely", "127.0.0.1/8"),
        ("route|lonely", "no route"),
    ]
    assert figures.caption(ax) == (
        "web (default bridge): lo 127.0.0.1/8, eth0 172.17.0.2/16; "
        "default via 172.17.0.1 → eth0, 172.17.0.0/16 → eth0 | lonely (none): lo 127.0.0.1/8; no route"
    )


def test_stacks_stay_inside_the_figure() -> None:
    ax = stacked(*((f"container{number}", "pub_net", "macvlan") for number in range(4)))
    renderer = ax.get_figure().canvas.get_renderer()
    inside = ax.get_window_extent(renderer)
    for text in ax.texts:
        box = text.get_window_extent(renderer)
        assert inside.x0 <= box.x0 <= box.x1 <= inside.x1
        assert inside.y0 <= box.y0 <= box.y1 <= inside.y1
    assert min(text.get_fontsize() for text in ax.texts) >= 9


MESSAGES = pd.DataFrame(
    [
        ("network create", "Engine", "wire", "CreateNetwork", True),
        ("network create", "wire", "kernel", "bridge added", True),
        ("run", "Engine", "wire", "CreateEndpoint", False),
    ],
    columns=["step", "sender", "receiver", "message", "ok"],
)


def test_sequence() -> None:
    ax: Any = figures.sequence(MESSAGES, actors=["Engine", "wire", "kernel"], title="t")
    arrows = [text for text in ax.texts if text.get_gid() == "message"]
    [create, bridge, endpoint] = [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows]
    assert create == endpoint
    assert create[0] < create[1] == bridge[0] < bridge[1]
    assert [arrow.xy[1] for arrow in arrows] == sorted((arrow.xy[1] for arrow in arrows), reverse=True)
    assert {"Engine", "wire", "kernel", "network create", "run"} <= set(words(ax))
    assert figures.caption(ax) == "network create: CreateNetwork, bridge added · run: CreateEndpoint (failed)"


def test_sequence_with_an_unknown_participant() -> None:
    with pytest.raises(ValueError, match="unknown: \\['kernel'\\]"):
        figures.sequence(MESSAGES, actors=["Engine", "wire"], title="t")
