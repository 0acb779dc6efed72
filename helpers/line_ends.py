"""Whether the project's files have the line ends that Linux reads."""

from __future__ import annotations

from helpers.errors import LabError
from helpers.paths import PROJECT

PACKAGE = PROJECT / "helpers"

_EITHER = {".py", ".pyc"}  # Python reads both line ends


def check() -> None:
    """Refuse scripts and definitions with Windows line ends (CRLF), which would fail on a Linux machine.

    A checkout has LF by .gitattributes; an archive that was packed on Windows may not.

    Raises
    ------
    LabError
        With the names of the files that have CRLF.
    """
    files = (path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix not in _EITHER)
    if damaged := [str(path.relative_to(PACKAGE)) for path in files if b"\r\n" in path.read_bytes()]:
        raise LabError(
            f"Reading the project's files in {PACKAGE}",
            f"Windows line ends (CRLF), on which Linux machines fail, in {', '.join(damaged)}",
            "Clone the project with git on Linux or in WSL, which writes LF, or unpack an archive of it.",
        )
