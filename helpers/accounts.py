"""The account that runs this process."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """Return the name of the account, or "" if it has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
