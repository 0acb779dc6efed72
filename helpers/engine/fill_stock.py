"""The process that refills the stock after a lab: ``python3 -m helpers.engine.fill_stock URL``.

It begins when the engine has nothing else to do: under emulation, booting a machine takes all of a processor
for 15 to 30 s, and the lab that has just been opened needs that itself. A lab that finds too few machines in
stock meanwhile gets a renewed engine (see `renewal`), or boots its own.
"""

from __future__ import annotations

import sys
import time

from helpers.engine import stock
from helpers.engine.vm import VirtualMachine
from helpers.errors import LabError
from helpers.file_lock import exclusive

_LOOK_S, _QUIET_S = 1.0, 5.0
_IDLE = 0.4  # of a processor: what three machines take that are not used
_PATIENCE_S = 3600.0


def main(url: str) -> None:
    """Wait until the engine is idle, and fill its stock; another such process that waits already will do it.

    Raises
    ------
    LabError
        As `stock.fill`, or if another such process is waiting.
    """
    directory = stock.directory_of(url)
    with exclusive(directory.with_suffix(".refiller"), "another process to refill the stock", 0):
        if is_idle_in_time(VirtualMachine(directory)):
            stock.fill(url)


def is_idle_in_time(computer: VirtualMachine) -> bool:
    """Return True as soon as QEMU has used little of a processor for some seconds; False if it has ended.

    It is False, too, if that does not happen within an hour.
    """
    quiet_s, used_s = 0.0, computer.processor_s()
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and computer.alive():
        if quiet_s >= _QUIET_S:
            return True
        time.sleep(_LOOK_S)
        before_s, used_s = used_s, computer.processor_s()
        quiet_s = quiet_s + _LOOK_S if used_s - before_s < _IDLE * _LOOK_S else 0.0
    return False


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except LabError as error:
        # A machine was claimed while it booted, or the engine was stopped: the next lab refills the stock.
        print(f"stock: {error}", file=sys.stderr)
