"""Running a program: its result, its bound, and the words of an error."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from helpers import programs
from helpers.errors import LabError

Done = subprocess.CompletedProcess[str]


def shell(script: str, **options: object) -> Done:
    return programs.run(["sh", "-c", script], timeout_s=20, **options)  # type: ignore[arg-type]


def failure(argv: list[str], timeout_s: float = 20, **options: str) -> LabError:
    with pytest.raises(LabError) as caught:
        programs.run(argv, timeout_s=timeout_s, **options)  # type: ignore[arg-type]
    return caught.value


def test_what_a_program_prints_is_returned() -> None:
    done = shell("echo out; echo err >&2; printf '\\377'")
    assert (done.stdout, done.stderr, done.returncode) == ("out\n\N{REPLACEMENT CHARACTER}", "err\n", 0)


def test_a_program_has_no_standard_input() -> None:
    assert shell("cat; readlink /proc/self/fd/0").stdout == "/dev/null\n"


def test_a_program_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    done = shell("pwd; echo $LAB_WORD", cwd=tmp_path, environ={**os.environ, "LAB_WORD": "yes"})
    assert done.stdout == f"{tmp_path}\nyes\n"


def test_a_missing_program_is_named() -> None:
    error = failure(["env", "LAB_WORD=1", "no-such-program"], tried="Asking it")
    assert (error.tried, error.seen.splitlines()[-1]) == ("Asking it", "(exit code 127)")
    error = failure(["no-such-program", "--version"])
    assert error.tried == "Running no-such-program"
    assert "no-such-program" in error.seen
    assert error.next_step == "Install no-such-program, then repeat."


def test_a_file_that_is_no_program_is_not_to_be_installed(tmp_path: Path) -> None:
    (tmp_path / "text").touch()
    error = failure([str(tmp_path / "text")], next_step="Look at it.")
    assert "Permission denied" in error.seen
    assert error.next_step == "Look at it."


def test_a_program_that_does_not_end_is_killed_and_quoted() -> None:
    started = time.monotonic()
    error = failure(["sh", "-c", "echo half; echo way >&2; exec sleep 60"], 0.5, tried="Waiting")
    assert time.monotonic() - started < 10
    assert (error.tried, error.seen) == ("Waiting", "half\nway\nstill running after 0 s")


def test_a_failure_quotes_the_last_lines_and_the_exit_code() -> None:
    error = failure(["sh", "-c", "seq 30; echo; echo why >&2; exit 3"], next_step="Read it.")
    assert error.tried == "Running sh"
    assert error.seen.splitlines() == [*map(str, range(20, 31)), "why", "(exit code 3)"]
    assert error.next_step == "Read it."


def test_a_failure_may_be_expected() -> None:
    assert shell("exit 3", check=False).returncode == 3


@pytest.mark.parametrize(
    ("argv", "name"),
    [(["sudo", "env", "A=b", "apt-get", "update"], "apt-get"), (["/bin/false"], "/bin/false")],
)
def test_the_name_of_a_program_is_not_that_of_its_wrapper(argv: list[str], name: str) -> None:
    assert programs._name(argv) == name


def test_a_child_that_stays_does_not_hold_up_a_program_that_prints_to_a_file() -> None:
    with tempfile.TemporaryFile() as file:
        started = time.monotonic()
        done = shell("sleep 5 & echo out; echo err >&2", output=file.fileno())
        assert time.monotonic() - started < 4
        file.seek(0)
        assert file.read() == b"out\nerr\n"
        assert done.stdout is None


def test_a_program_can_print_where_this_process_does(capfd: pytest.CaptureFixture[str]) -> None:
    error = failure(["sh", "-c", "echo out; echo err >&2; exit 1"], output=None)  # type: ignore[arg-type]
    assert capfd.readouterr() == ("out\n", "err\n")
    assert error.seen == "(exit code 1)"


@pytest.mark.parametrize(
    ("printed", "quoted"),
    [
        ("Reading\nE: no such package\nDone\nErr:1 far\n", "E: no such package\nErr:1 far"),
        ("Reading\n\nDone\n", "Reading\nDone\n(exit code 100)"),
        ("", "(exit code 100)"),
    ],
)
def test_lines_about_errors_are_preferred(printed: str, quoted: str) -> None:
    assert programs.evidence(Done([], 100, printed, None), ("E:", "Err:")) == quoted
