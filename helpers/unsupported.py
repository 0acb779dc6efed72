"""Why nothing can run here at all; has to be understood by old versions of Python, too."""

from __future__ import annotations

import os
import sys

MINIMUM_PYTHON = (3, 11)


def obstacle() -> str:
    """Return what is wrong with this system or this Python, and what to do; "" if nothing is."""
    if os.name == "nt":
        return (
            "On Windows the course runs in WSL2: its labs are reached through Unix sockets.\n"
            "  1. In PowerShell: wsl --install -d Debian\n"
            "  2. In the Debian window: clone the project there, then `make lab`.\n"
            "Docker Desktop with its WSL2 integration is used if you have it;\n"
            "without it the course brings an engine of its own."
        )
    if sys.version_info < MINIMUM_PYTHON:
        return (
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} at {sys.executable}.\n"
            "Install a newer one and name it: `python3.12 -m helpers VERB` or `make lab PYTHON=python3.12`."
        )
    return ""
