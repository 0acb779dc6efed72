"""Checks that the project's files have the line endings that Linux expects."""

from __future__ import annotations

from helpers.errors import LabError
from helpers.paths import PROJECT

PACKAGE = PROJECT / "helpers"

_EITHER = {".py", ".pyc"}  # Python accepts both line endings


def check() -> None:
    """Refuse scripts and definitions with Windows line endings (CRLF), which would fail on a Linux machine.

    A checkout has LF because of .gitattributes; an archive made on Windows may not.

    Raises
    ------
    LabError
        If there are such files; it names them.
    """
    files = (path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix not in _EITHER)
    if damaged := [str(path.relative_to(PACKAGE)) for path in files if b"\r\n" in path.read_bytes()]:
        raise LabError(
            f"Reading the project's files in {PACKAGE}",
            f"Windows line endings (CRLF), which do not work on Linux, in {', '.join(damaged)}",
            "Clone the project with git on Linux or in WSL, or unpack an archive made there.",
        )
