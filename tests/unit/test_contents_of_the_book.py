"""Each page in docs/ is in the web edition's table of contents, or left out on purpose."""

from __future__ import annotations

import re
import runpy

from helpers.paths import PROJECT

DOCS = PROJECT / "docs"
TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)


def test_each_page_is_listed_once_or_left_out() -> None:
    listed = [
        line
        for toctree in TOCTREE.findall((DOCS / "index.md").read_text("utf-8"))
        for line in toctree.splitlines()
        if line and not line.startswith(":")
    ]
    left_out = runpy.run_path(str(DOCS / "conf.py"))["exclude_patterns"]
    written_by_build = {"notebooks/*", "statements", "api/index", "course_map.md"}
    names = [name for name in listed if name not in written_by_build] + [
        name.removesuffix(".md") for name in left_out if name not in written_by_build
    ]
    assert sorted(names) == sorted(page.stem for page in DOCS.glob("*.md") if page.stem != "index")
