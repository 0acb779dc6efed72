"""The verbs that look for labs do so on the embedded engine of the generations, too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from helpers.commands import doctor, shell, sweep
from helpers.engine import embedded, images, reachable, variants
from helpers.engine.reachable import Endpoint
from helpers.engine.variants import GENERATIONS, PLAIN, Variant
from helpers.errors import LabError
from helpers.lab import labels, reaper, terminal

URLS = {PLAIN: "unix:///run/engine/docker.sock", GENERATIONS: "unix:///run/engine-generations/docker.sock"}


def running(variant: Variant = PLAIN) -> Endpoint:
    return Endpoint(URLS[variant], "embedded engine", "embedded")


class Engine:
    """One that has a lab with these machines."""

    def __init__(self, url: str, created: str, *machines: str) -> None:
        self.endpoint = SimpleNamespace(url=url)
        lan = {"Id": "1", "Name": "lab-1", "Labels": {}, "Created": created}
        joined = {f"{url} {name}": {"Name": f"lab-1-{name}", "IPv4Address": name} for name in machines}
        self.client: Any = SimpleNamespace(
            api=SimpleNamespace(
                networks=lambda filters: [lan], inspect_network=lambda _: {"Containers": joined}
            )
        )
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The containers in which a shell was opened, on two engines with a lab each."""

    def open_one(_: object, container: str) -> int:
        containers.append(container)
        return 0

    containers: list[str] = []
    older = Engine("plain", "2026-11-30T12:00:00.000000009Z", "host", "a")
    newer = Engine("generations", "2026-11-30T14:00:01+01:00", "now", "a")
    monkeypatch.setattr(shell, "connect", lambda: older)
    monkeypatch.setattr(shell, "beside", lambda: newer)
    monkeypatch.setattr(labels, "is_mine", lambda _: True)
    monkeypatch.setattr(terminal, "connect", open_one)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    return containers


@pytest.mark.parametrize(
    ("arguments", "container"),
    [([], "generations a"), (["a"], "generations a"), (["now"], "generations now"), (["host"], "plain host")],
)
def test_a_shell_is_on_the_newest_lab_that_has_the_machine(
    arguments: list[str], container: str, opened: list[str]
) -> None:
    assert shell.command(arguments) == 0
    assert opened == [container]


def test_a_machine_that_is_on_neither_is_told_with_those_of_both(opened: list[str]) -> None:
    with pytest.raises(LabError, match="plain and generations: a, now, a, host"):
        shell.command(["machine7"])
    assert opened == []


def test_both_engines_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise LabError("Looking for an Engine", "there is none", "")

    swept: list[str] = []
    monkeypatch.setattr(reachable, "resolve", none)
    monkeypatch.setattr(embedded, "running", running)
    monkeypatch.setattr(
        reachable, "open_client", lambda endpoint: SimpleNamespace(url=endpoint.url, close=lambda: None)
    )
    monkeypatch.setattr(reaper, "sweep", lambda client, everything: swept.append(client.url))
    assert sweep.command([]) == 0
    assert swept == list(URLS.values())


def test_doctor_says_what_a_lab_of_several_generations_would_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embedded, "why_impossible", lambda: "")
    monkeypatch.setattr(embedded, "running", lambda variant=PLAIN: None)
    monkeypatch.setattr(embedded, "plan", lambda variant=PLAIN: f"build {variant.name}")
    assert doctor._embedded(every=False) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(f"would build {PLAIN.name}")
    assert said[1].startswith("Generations")
    assert said[1].endswith(f"would build {variants.GENERATIONS.name}")

    monkeypatch.setattr(
        embedded, "running", lambda variant=PLAIN: None if variant is PLAIN else running(variant)
    )
    doctor._embedded(every=False)
    assert capsys.readouterr().out.splitlines()[1].endswith(URLS[GENERATIONS])


def test_doctor_says_which_machine_images_an_engine_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    has = {images.machine_image("bookworm"), images.machine_image("forky")}
    listing = SimpleNamespace(list=lambda name: [name] if name in has else [])
    client = SimpleNamespace(images=listing, close=lambda: None)
    monkeypatch.setattr(reachable, "open_client", lambda _: client)
    doctor._show_generations_of(running())
    assert "Docker 20.10, 28.5;" in capsys.readouterr().out
    has.clear()
    doctor._show_generations_of(running())
    assert "none yet" in capsys.readouterr().out
