"""A room of learners who have nothing but a browser: one image of the course, and a hub that hands it out."""

from __future__ import annotations

from helpers.paths import PROJECT

HERE = PROJECT / "tools" / "room"
IMAGE_LOCK, HUB_LOCK = HERE / "image.lock", HERE / "hub.lock"
PROXY = HERE / "proxy"  # package.json and its lock
