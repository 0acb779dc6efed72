"""Whether an owner lives: by its lock if that can be seen, else by its machines and the Engine's clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import BadAnswer
from helpers.lab import labels, ownership
from helpers.paths import PROJECT

NOW = 1_764_244_800  # 2025-11-27T12:00:00Z


class Engine:
    """What an Engine lists, of one lab."""

    def __init__(self, state: str, age_s: int, lab: str = "lab-elsewhere") -> None:
        self.carried = {labels.KIND: "lab", labels.LAB: lab}
        machine = {"Labels": self.carried, "Names": [f"/{lab}-host"], "Created": NOW - age_s, "State": state}
        self.machines = [machine] if state else []
        self.created = f"2025-11-27T{12 - age_s // 3600:02}:00:00.5Z"

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return self.machines

    def networks(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Labels": self.carried, "Created": self.created}]

    def volumes(self, **_: Any) -> dict[str, Any]:
        return {"Volumes": None}

    def info(self) -> dict[str, Any]:
        return {"SystemTime": "2025-11-27T12:00:00.123456789Z"}


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "run_dir", lambda: tmp_path)


@pytest.mark.parametrize(
    ("state", "age_s", "dead"),
    [
        ("running", 10 * 3600, False),  # its machine holds it, however old it is
        ("paused", 10 * 3600, False),
        ("created", 10 * 3600, True),
        ("exited", 10 * 3600, True),
        ("", 10 * 3600, True),
        ("", 0, False),  # its machines may be about to be made
        ("created", 0, False),
    ],
)
def test_a_lab_whose_lock_is_out_of_sight(state: str, age_s: int, dead: bool) -> None:
    assert ownership.is_held("lab-elsewhere") is None
    found = ownership.dead_labs(Engine(state, age_s))  # type: ignore[arg-type]
    assert found == ({"lab-elsewhere"} if dead else set())


@pytest.mark.parametrize("state", ["running", "exited", ""])
@pytest.mark.parametrize("age_s", [0, 10 * 3600])
def test_a_lock_decides_alone(state: str, age_s: int) -> None:
    engine: Any = Engine(state, age_s, "lab-here")
    with ownership.hold("lab-here"):
        assert ownership.is_held("lab-here") is True
        assert ownership.dead_labs(engine) == set()
    assert ownership.is_held("lab-here") is False
    assert ownership.dead_labs(engine) == {"lab-here"}


def test_a_killed_owner_lets_go_of_its_lock(tmp_path: Path) -> None:
    code = "import time; from pathlib import Path; from helpers.lab import ownership;"
    code += f"ownership.run_dir = lambda: Path({str(tmp_path)!r}); lock = ownership.hold('lab-killed');"
    code += "print('held', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    assert ownership.is_held("lab-killed") is True
    process.kill()
    process.wait(10)
    assert ownership.is_held("lab-killed") is False


def test_nobody_sees_a_lock_that_is_not_held_yet(tmp_path: Path) -> None:
    with ownership.hold("lab-new"):
        assert [path.name for path in (tmp_path / "labs" / "lab-new").iterdir()] == ["owner.lock"]


def test_lists_that_nobody_can_read_kill_nobody() -> None:
    engine: Any = Engine("", 10 * 3600)
    engine.created = "yesterday"
    with pytest.raises(BadAnswer):
        ownership.dead_labs(engine)


def test_the_identity_stays_when_the_computers_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    mine = labels.for_lab("lab-mine")
    monkeypatch.setattr("platform.node", lambda: "workshop-17")
    assert labels.is_mine(mine)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of another user"))
    assert not labels.is_mine(mine)
