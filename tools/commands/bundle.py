"""``bundle``: one archive from which a workshop runs without a network; see docs/workshop.md."""

from __future__ import annotations

from helpers.steps import say
from tools.publish import kit


def command(arguments: list[str]) -> int:
    """Write the workshop kit and say how to use it.

    With ``--generations``, it has what labs of several generations of Docker need, too.
    """
    archive = kit.write(generations="--generations" in arguments)
    say(
        f"{archive} ({archive.stat().st_size / 1e9:.1f} GB). On each computer:\n"
        f"  tar xzf {archive.name} && cd {kit.NAME} && make lab OFFLINE=kit"
    )
    return 0
