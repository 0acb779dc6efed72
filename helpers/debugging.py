"""LAB_DEBUG=1: what the helpers do, and where their errors come from. The standard library alone.

Each module logs with its own logger (``logging.getLogger(__name__)``), and nothing is printed without this.
"""

from __future__ import annotations

import logging
import os

_FORMAT = "%(asctime)s.%(msecs)03d %(name)s: %(message)s"


def enabled() -> bool:
    """Whether LAB_DEBUG asks for it."""
    return os.environ.get("LAB_DEBUG", "") not in ("", "0")


def install() -> None:
    """Let the helpers' loggers write to the standard error stream, if LAB_DEBUG asks for it; once."""
    logger = logging.getLogger(__package__)
    if not enabled() or logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
