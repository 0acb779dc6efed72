"""``%%on``: what reaches the machine's shell, and what the learner sees."""

from __future__ import annotations

import os
import pty
import shutil
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers.errors import LabError
from helpers.lab import Lab
from helpers.learning import magics

SLOW = "docker: Error response from daemon: attaching to network failed, […]: context deadline exceeded."


class LocalMachine:
    """A machine whose shell runs locally, in a real terminal."""

    def run(self, command: str, *, tty: bool = False, timeout: float = 60) -> SimpleNamespace:
        assert tty
        self.timeout = timeout
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp("dash", ["dash", "-c", command])
        output = b""
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            output += chunk
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return SimpleNamespace(exit_code=code, stdout=output.decode().replace("\r\n", "\n"), stderr="")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> LocalMachine:
    machine = LocalMachine()
    lab = SimpleNamespace(machines={"host": machine, "machine1": machine})
    monkeypatch.setattr(Lab, "current", lab)
    return machine


@pytest.fixture
def shell() -> Any:
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "helpers.learning")
    return made


def on(cell: str, line: str = "host") -> None:
    shown: Any = magics.OnMachine()  # whose decorated method the type checker cannot call
    shown.on(line, cell)


needs_dash = pytest.mark.skipif(shutil.which("dash") is None, reason="a machine's sh is dash")


@needs_dash
@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("echo hello\n", "hello\n"),
        ("echo to stderr >&2\n", "to stderr\n"),
        ("echo one \\\n  two\n", "one two\n"),
        ("printf '\\033[36mdocker0 \\033[0m\\n'", "docker0 \n"),
        ("# alone\necho x\n", "x\n"),
        ("printf x; false\n", "x\n(exit code 1)\n"),
        ("exit 3\n", "(exit code 3)\n"),
        ("test -t 0 && test -t 1 && echo terminal\n", "terminal\n"),
        ("echo a\necho b >&2\n", "$ echo a\na\n$ echo b >&2\nb\n"),
        ("x=1\necho {$x} $x\n", "$ x=1\n$ echo {$x} $x\n{1} 1\n"),
        (
            "for i in 1 2\ndo echo $i\ndone\nfalse\n",
            "$ for i in 1 2\n> do echo $i\n> done\n1\n2\n$ false\n(exit code 1)\n",
        ),
        ("cat <<END\nhi\nEND\nexit 4\n", "$ cat <<END\n> hi\n> END\nhi\n$ exit 4\n(exit code 4)\n"),
        ("echo END\nEND=1\n", "$ echo END\nEND\n$ END=1\n"),
        ("END() { echo an end; }\nEND\n", "$ END() { echo an end; }\n$ END\nan end\n"),
        (
            "echo '$HOME' \\$1\necho `echo $0`\n",
            "$ echo '$HOME' \\$1\n$HOME $1\n$ echo `echo $0`\n/dev/fd/3\n",
        ),
        ("true\ntest -t 0 && echo terminal\n", "$ true\n$ test -t 0 && echo terminal\nterminal\n"),
    ],
)
def test_output_is_what_a_terminal_would_show(
    host: LocalMachine, capsys: pytest.CaptureFixture[str], cell: str, shown: str
) -> None:
    on(cell)
    assert capsys.readouterr().out == shown


@needs_dash
def test_python_names_are_not_expanded_in_the_cell(
    host: LocalMachine, shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("name = 'from python'").raise_error()
    shell.run_cell('%%on host\necho "{name} [$name]"').raise_error()
    assert capsys.readouterr().out == "{name} []\n"


@needs_dash
def test_timeout_reaches_the_machine(host: LocalMachine) -> None:
    on("true", "host --timeout 2.5")
    assert host.timeout == 2.5


@pytest.mark.parametrize("line", ["", "host --timeout soon", "host --nonsense"])
def test_invalid_arguments_of_on(line: str) -> None:
    with pytest.raises(LabError, match="%%on HOST"):
        on("true", line)


def test_an_unknown_host_lists_the_machines(host: LocalMachine) -> None:
    with pytest.raises(LabError, match="it has host, machine1"):
        on("true", "manager")


@needs_dash
def test_a_cell_on_several_machines_shows_the_name_of_each(
    host: LocalMachine, capsys: pytest.CaptureFixture[str]
) -> None:
    on("echo hello; false\n", "host machine1")
    assert capsys.readouterr().out == "[host]\nhello\n(exit code 1)\n[machine1]\nhello\n(exit code 1)\n"


def test_nothing_runs_if_one_of_the_machines_is_unknown(host: LocalMachine) -> None:
    with pytest.raises(LabError, match="it has host, machine1"):
        on("true", "host manager")
    assert not hasattr(host, "timeout")


def test_without_a_lab_it_names_the_cell_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lab, "current", None)
    with pytest.raises(LabError, match=r"lab = Lab\("):
        on("true")


def test_an_interrupt_ends_quietly(host: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    host.run = interrupted
    on("sleep 100")
    assert capsys.readouterr().out == "(interrupted)\n"


@pytest.mark.parametrize(("slow", "shown"), [(1, "busybox1\n"), (2, f"{SLOW}\n(exit code 125)\n")])
def test_a_manager_that_was_slow_is_asked_once_more(
    host: Any, capsys: pytest.CaptureFixture[str], slow: int, shown: str
) -> None:
    commands: list[str] = []

    def run(command: str, **_: object) -> SimpleNamespace:
        commands.append(command)
        if commands.count("docker run busybox") <= slow:
            return SimpleNamespace(exit_code=125, stdout=f"{SLOW}\n")
        return SimpleNamespace(exit_code=0, stdout="busybox1\n")

    host.run = run
    on("docker run busybox")
    assert capsys.readouterr().out == shown
    attempt, removed, again = commands
    assert attempt == again
    assert "status=created" in removed
