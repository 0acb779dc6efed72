"""Why nothing can run here at all. Old versions of Python must be able to run this module, too."""

from __future__ import annotations

import os
import sys

MINIMUM_PYTHON = (3, 11)


def obstacle() -> str:
    """Return what is wrong with this system or this Python and what to do about it, or ""."""
    if os.name == "nt":
        return (
            "On Windows the course runs in WSL2, because it reaches its labs through Unix sockets.\n"
            "  1. In PowerShell: wsl --install -d Debian\n"
            "  2. In the Debian window: clone the project there, then `make lab`.\n"
            "If you have Docker Desktop with WSL2 integration, the course uses it;\n"
            "otherwise it builds its own engine."
        )
    if sys.version_info < MINIMUM_PYTHON:
        return (
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} at {sys.executable}.\n"
            "Install a newer one and use it: `python3.12 -m helpers VERB` or `make lab PYTHON=python3.12`."
        )
    return ""
