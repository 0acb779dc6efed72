"""``%%on HOST``: a cell that a machine's shell runs, or each of several, shown as in a terminal."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class

from helpers import scripts
from helpers.errors import LabError
from helpers.lab.swarm import MANAGER_WAS_SLOW
from helpers.learning.current import open_lab
from helpers.text import without_colours

if TYPE_CHECKING:
    from helpers.lab import Machine

TIMEOUT_S = 60
_NEVER_STARTED = "docker ps --quiet --all --filter status=created | xargs -r docker rm"


@magics_class
class OnMachine(Magics):
    """The magics of a chapter."""

    @cell_magic
    def on(self, line: str, cell: str) -> None:
        """Run the cell on machines of the newest lab, one after the other: ``%%on HOST … [--timeout S]``.

        Python replaces nothing in the cell: ``$name`` and ``{name}`` are the shell's. A single command shows
        only its output; if there are several, each is shown after ``$``, above its output. If there are
        several machines, the name of each is shown above what it printed. Ctrl-C (or the stop button) ends
        the command on the machine, and so does the timeout (seconds for each machine, by default 60).

        If a swarm's manager took too long to attach a container (the Engine waits 20 s), the containers that
        did not start are removed and the cell is run once more. What is shown is the second run.

        Raises
        ------
        LabError
            If no lab is open, or it has no such machine.
        """
        arguments = _arguments(line)
        machines = {host: _machine(host) for host in arguments.hosts}
        for host, machine in machines.items():
            if len(machines) > 1:
                print(f"[{host}]")
            try:
                _run(machine, cell, arguments.timeout)
            except KeyboardInterrupt:
                print("(interrupted)")
                return


def _run(machine: Machine, cell: str, timeout: float) -> None:
    """Run a cell on one machine, and show what it printed."""
    script = as_typed(cell)
    done = machine.run(script, tty=True, timeout=timeout)
    if MANAGER_WAS_SLOW in done.stdout:
        machine.run(_NEVER_STARTED)
        done = machine.run(script, tty=True, timeout=timeout)
    shown = without_colours(done.stdout)  # in a stored output they are only noise
    if script != cell.strip("\n"):  # the last prompt, printed at the end of the script
        shown = shown.removesuffix("\n").removesuffix("$ ")
    sys.stdout.write(shown)
    if done.exit_code:
        newline = "" if shown.endswith("\n") or not shown else "\n"
        print(f"{newline}(exit code {done.exit_code})")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Provide the magics on ``%load_ext helpers.learning``, and show every figure below its cell."""
    shell.register_magics(OnMachine)
    # Otherwise matplotlib selects its backend inside a figure's rc_context, whose end undoes the selection.
    if hasattr(shell, "kernel"):
        shell.enable_matplotlib("inline")
        # By name, so that the figures' module is imported only when something is drawn.
        display: Any = shell.display_formatter
        images = display.formatters["image/png"]
        images.for_type_by_name("helpers.figures.style", "Figure", lambda figure: figure.to_png())


def as_typed(cell: str) -> str:
    """The script that runs a cell: if it has several commands, it shows each above its output."""
    cell = cell.strip("\n")
    if len(_commands(cell)) < 2:
        return cell
    return scripts.command(__package__, "prompting.sh", cell)


def _commands(cell: str) -> list[str]:
    """The lines of a cell that are neither empty nor comments, with continued ones joined."""
    lines = cell.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LabError("Reading %%on", message, "Write %%on HOST or %%on HOST --timeout SECONDS.")


def _arguments(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%on", add_help=False)
    parser.add_argument("hosts", nargs="+")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S)
    return parser.parse_args(line.split())


def _machine(host: str) -> Machine:
    lab = open_lab(
        f"Running a cell on {host}",
        "Run the cell with `lab = Lab(…)`, near the top, then this one again.",
    )
    if host not in lab.machines:
        raise LabError(
            f"Running a cell on {host}",
            f"this lab has no machine of that name; it has {', '.join(lab.machines)}",
            f"Write %%on {next(iter(lab.machines))}.",
        )
    return lab.machines[host]
