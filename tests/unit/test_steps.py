from __future__ import annotations

import io
import sys
import time

import pytest

from helpers import steps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class NotebookStream(io.StringIO):
    """What a kernel substitutes for a standard stream, recognized by its module."""


NotebookStream.__module__ = "ipykernel.iostream"


def screen(written: str) -> list[str]:
    """What remains visible after carriage returns, line by line."""
    lines = []
    for line in written.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_without_a_terminal_a_step_prints_a_line_at_its_start_and_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with steps.step("Booting", about="40 s") as booting:
        booting.update("kernel")
        steps.say("by the way")
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["… Booting (about 40 s)", "by the way", "✓ Booting (0 s)"]
    assert captured.out == ""


def test_a_failed_step_says_how_far_it_got(capsys: pytest.CaptureFixture[str]) -> None:
    def boot() -> None:
        with steps.step("Booting") as booting:
            booting.update("kernel")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised just above
        boot()
    assert capsys.readouterr().err.splitlines()[-1] == "✗ Booting (0 s), at: kernel"


def test_a_terminal_keeps_only_the_finished_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with steps.step("outer", about="1 s"):
        time.sleep(0.3)
        with steps.step("inner"):
            time.sleep(0.3)
            steps.say("by the way")
    assert screen(terminal.getvalue()) == ["by the way", "✓ inner (0 s)", "✓ outer (1 s)", ""]
    assert "outer (about 1 s) 0 s" in terminal.getvalue()


def test_a_notebook_shows_steps_unless_disabled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for setting, expected in (("", ["✓ outer (0 s)", ""]), ("off", [""])):
        stream = NotebookStream()
        monkeypatch.setenv("LAB_STEPS", setting)
        monkeypatch.setattr(sys, "stdout", stream)
        with steps.step("outer"):
            time.sleep(0.1)
        assert screen(stream.getvalue()) == expected
    assert capsys.readouterr().err == ""  # JupyterLab would show it on red


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s")])
def test_durations_are_formatted_for_people(seconds: float, text: str) -> None:
    assert steps.duration(seconds) == text
