"""The two lock files: what a learner runs, and what tests and publishing add."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from helpers.paths import PROJECT

LEARNER = PROJECT / "requirements.lock"
ADDED = PROJECT / "requirements-dev.lock"


def names(lock: Path) -> list[str]:
    """Return the names of the packages that a lock pins, each once."""
    return list(dict.fromkeys(re.findall(r"^(\S+)==", lock.read_text(), flags=re.MULTILINE)))


def entry(lock: Path, name: str) -> str:
    """Return the lines that pin one package, with its hashes; "" if it is not in the lock."""
    found = re.search(rf"^{re.escape(name)}==.*\n(?: .*\n)*", lock.read_text(), flags=re.MULTILINE)
    return found.group() if found else ""


def digest(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' contents, in hex: equal only if they pin the same packages."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
