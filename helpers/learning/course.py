"""The course map: the chapters, and how much of each this learner has done."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path

from helpers.learning import exercises, record
from helpers.paths import chapter_files


@dataclass(frozen=True)
class Stop:
    """One chapter on the map: its file, its title, the day it was done ("" if not), its exercises' days."""

    file: str
    title: str
    done: str
    exercises: dict[str, str]

    @property
    def told(self) -> str:
        """How many exercises are done, such as "1 of 3 exercises"."""
        of = len(self.exercises)
        return f"{sum(map(bool, self.exercises.values()))} of {of} exercise{'s' * (of != 1)}"


@dataclass(frozen=True)
class CourseMap:
    """The chapters in their order; shown as text, and as links in JupyterLab."""

    stops: tuple[Stop, ...]

    def __repr__(self) -> str:
        width = max((len(stop.title) for stop in self.stops), default=0)
        return "\n".join(
            f"{'✓' if stop.done else '·'} {stop.title:{width}}  {stop.told}" for stop in self.stops
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'✓ done' if stop.done else 'not yet'}</td>"
            f'<td><a href="{html.escape(stop.file)}">{html.escape(stop.title)}</a></td>'
            f"<td>{stop.told}</td></tr>"
            for stop in self.stops
        )
        return f"<table><tr><th>chapter</th><th>title</th><th>done</th></tr>{rows}</table>"


def course_map() -> CourseMap:
    """Return all chapters, with what this user has done of each on this computer."""
    days = record.read()
    stops = []
    for path in chapter_files():
        number = path.name[:2]
        of_chapter = {one.id: days.get(one.id, "") for one in exercises.of_chapter(number)}
        stops.append(Stop(path.name, _title(path), days.get(number, ""), of_chapter))
    return CourseMap(tuple(stops))


def _title(path: Path) -> str:
    """The heading at the start of a chapter; the file's name if a learner has removed it."""
    try:
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        return first.splitlines()[0].lstrip("# ").encode("utf-8").decode() or path.stem
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return path.stem
