"""LAB_DEBUG=1 shows what the helpers do and where their errors come from. Standard library only.

Each module has its own logger (``logging.getLogger(__name__)``); without LAB_DEBUG nothing is printed.
"""

from __future__ import annotations

import logging
import os

_FORMAT = "%(asctime)s.%(msecs)03d %(name)s: %(message)s"


def enabled() -> bool:
    """Return whether LAB_DEBUG is set, to anything but 0."""
    return os.environ.get("LAB_DEBUG", "") not in ("", "0")


def install() -> None:
    """Make the helpers' loggers write to standard error if LAB_DEBUG is set; a second call does nothing."""
    logger = logging.getLogger(__package__)
    if not enabled() or logger.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
