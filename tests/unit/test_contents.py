"""Reading what dpkg-query lists."""

from __future__ import annotations

import pytest
from hypothesis import given

from helpers.engine import contents
from tests.unit.properties import PRINTED


def test_a_manifest_has_a_version_for_each_package() -> None:
    printed = "docker.io 26.1.5+dfsg1-9\nnginx-light 1.26.3-3\n"
    assert contents.read(printed) == {"docker.io": "26.1.5+dfsg1-9", "nginx-light": "1.26.3-3"}


@given(PRINTED)
def test_text_that_is_not_a_manifest_is_refused(printed: str) -> None:
    if any(line.count(" ") != 1 for line in printed.splitlines()) or not printed.strip("\n"):
        with pytest.raises(ValueError):  # noqa: PT011
            contents.read(printed)
