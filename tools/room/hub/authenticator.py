"""Who comes in: with the room's password, the rules accepted, and a word of one's own that keeps others out.

With the room's password alone, everybody could log in under any name.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from traitlets import Unicode

_COST = {"n": 2**14, "r": 8, "p": 1}


class RoomAuthenticator(SharedPasswordAuthenticator):  # type: ignore[misc]
    """Admits who gives the room's password, accepts the rules, and repeats the word chosen at first."""

    words = Unicode(help="The file with each learner's own word, hashed.").tag(config=True)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        """Return who it is, or None."""
        admitted = await super().authenticate(handler, data)
        if not admitted or admitted.get("admin"):
            return admitted
        if data.get("rules") != "accepted" or not data.get("word"):
            return None
        return admitted if self._is_own(admitted["name"], data["word"]) else None

    def _is_own(self, name: str, word: str) -> bool:
        path = Path(self.words)
        known = json.loads(path.read_text()) if path.exists() else {}
        if name not in known:
            salt = secrets.token_hex(16)
            known[name] = [salt, _hashed(word, salt)]
            path.touch(mode=0o600)
            path.write_text(json.dumps(known))
        salt, expected = known[name]
        return hmac.compare_digest(_hashed(word, salt), expected)


def _hashed(word: str, salt: str) -> str:
    return hashlib.scrypt(word.encode(), salt=bytes.fromhex(salt), **_COST).hex()
