"""Debian's Chromium, which prints the handouts and opens pages in the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from helpers.errors import LabError
from helpers.setup import debian

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-liberation")


def program() -> str | None:
    """The path of an installed browser, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def provide(why: str) -> str:
    """Return the path of a browser, having installed Debian's if there was none.

    Parameters
    ----------
    why:
        What needs it, as the beginning of a sentence: "Printing the handouts".

    Raises
    ------
    LabError
        If there is no browser, and this is not Debian or Ubuntu.
    """
    if not program() and debian.is_debian():
        debian.install(PACKAGES, why)
    path = program()
    if path is None:
        raise LabError(
            f"{why}: looking for a browser",
            f"none of {', '.join(PROGRAMS)} is installed, and this is not Debian or Ubuntu",
            "Install Chromium or Chrome so that one of these commands starts it, then repeat.",
        )
    return path


@contextmanager
def launched(why: str) -> Iterator[Browser]:
    """Start a headless browser; always close it afterwards.

    Raises
    ------
    LabError
        If `provide` finds none and cannot install one.
    """
    path = provide(why)
    arguments = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
