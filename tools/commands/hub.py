"""``hub``: a room of learners on this computer; see docs/room.md."""

from __future__ import annotations

import argparse

from tools.room import start
from tools.room.hub import settings


def command(arguments: list[str]) -> int:
    """Run the hub until Ctrl-C.

    Raises
    ------
    LabError
        If it cannot be started safely.
    """
    parser = argparse.ArgumentParser("python3 -m tools hub", allow_abbrev=False)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it listens (%(default)s)")
    parser.add_argument("--certificate", default="", help="a PEM file with its chain: then the URL is https")
    parser.add_argument("--key", default="", help="the certificate's key")
    parser.add_argument("--unencrypted", action="store_true", help="listen without TLS, wherever")
    parser.add_argument(
        "--learners",
        type=_at_least_one,
        default=0,
        help="at once, as far as memory goes (default: as this computer carries)",
    )
    parser.add_argument("--expected", nargs="*", default=[], help="names: their servers are started at once")
    parser.add_argument(
        "--idle-s", type=int, default=3600, help="ends a server that is not used (%(default)s)"
    )
    parser.add_argument("--age-s", type=int, default=12 * 3600, help="ends any older server (%(default)s)")
    parser.add_argument("--culls-every-s", type=int, default=60, help="looks for such (%(default)s)")
    parser.add_argument("--internet", action="store_true", help="let learners' containers reach the internet")
    return start.run(settings.Options(**vars(parser.parse_args(arguments))))


def _at_least_one(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given} is not a number of at least 1")
    return int(given)
