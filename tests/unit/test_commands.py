from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import commands, environment
from helpers.__main__ import _obstacle, main
from helpers.errors import LabError
from helpers.paths import PROJECT


def test_without_a_verb_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    helped = capsys.readouterr().out
    assert all(verb in helped for verb in commands.VERBS)


@pytest.mark.parametrize("arguments", [["frobnicate"], ["clean", "--all"], ["lab", "01"]])
def test_what_no_verb_understands_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_foreseeable_trouble_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(verb: str, arguments: list[str]) -> int:
        raise LabError(f"{verb} {arguments}", "a wall", "Walk around it.")

    monkeypatch.setattr(commands, "carry_out", fail)
    assert main(["run", "01", "02"]) == 1
    assert capsys.readouterr().err == "\nrun ['01', '02']\n  seen: a wall\n  next: Walk around it.\n"


def test_an_interruption_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(verb: str, arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "carry_out", interrupt)
    assert main(["lab"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped. Repeat `python3 -m helpers lab` to go on."


def test_pytests_own_options_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def record(verb: str, arguments: list[str]) -> int:
        seen.extend([verb, *arguments])
        return 0

    monkeypatch.setattr(commands, "carry_out", record)
    assert main(["test", "-x", "--lf", "tests/unit"]) == 0
    assert main(["stop", "--delete"]) == 0
    assert main(["stop"]) == 0
    assert seen == ["test", "-x", "--lf", "tests/unit", "stop", "--delete", "stop"]


def test_windows_and_old_pythons_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _obstacle() is None
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert "3.11 or newer" in str(_obstacle())
    monkeypatch.setattr(os, "name", "nt")
    assert "wsl --install" in str(_obstacle())


def test_nothing_is_made_only_to_stop_or_sweep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "usable", lambda: None)
    monkeypatch.setattr(environment, "isolate", lambda: None)
    assert commands.carry_out("stop", []) == 0
    assert "nothing has been started" in capsys.readouterr().err


def test_the_command_line_starts_with_the_standard_library_alone() -> None:
    bare = [sys.executable, "-S", "-m", "helpers", "--help"]
    done = subprocess.run(bare, cwd=PROJECT, env={}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "regenerate" in done.stdout


def test_the_makefile_only_delegates() -> None:
    dry = "make --no-print-directory --dry-run --always-make run PYTHON=some-python".split()
    done = subprocess.run(
        [*dry, "ARGS=01 02"], cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.splitlines()[-1] == "some-python -m helpers run 01 02"


@pytest.mark.parametrize("verb", sorted(commands.VERBS))
def test_every_verb_has_its_module_and_its_target(verb: str) -> None:
    assert (Path(commands.__file__).parent / f"{verb}.py").is_file()
    assert verb in (PROJECT / "Makefile").read_text()


def test_a_development_container_ends_in_a_verb() -> None:
    container = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())
    *python, verb, chapter = container["postCreateCommand"].split()
    assert python == ["python3", "-m", "helpers"]
    assert verb in commands.VERBS
    assert list((PROJECT / "notebooks").glob(f"{chapter}_*.ipynb"))
