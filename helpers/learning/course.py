"""The course map: the chapters, how much of each this learner has done, and what was predicted right."""

from __future__ import annotations

import html
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from helpers.learning import exercises, record
from helpers.learning.predictions import TOPICS
from helpers.paths import chapter_files, chapter_number


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
class Predicted:
    """The predictions of one chapter about one of the `TOPICS`: how many were made, how many were right."""

    chapter: str
    topic: str
    made: int
    right: int


@dataclass(frozen=True)
class CourseMap:
    """The chapters in their order, and the predictions; shown as text, and as links in JupyterLab."""

    stops: tuple[Stop, ...]
    predicted: tuple[Predicted, ...] = ()

    def by_topic(self) -> dict[str, str]:
        """How many predictions were right, such as "5 of 7 right", for each topic that has any."""
        made, right = Counter[str](), Counter[str]()
        for one in self.predicted:
            made[one.topic] += one.made
            right[one.topic] += one.right
        return {
            name: f"{right[topic]} of {made[topic]} right" for topic, name in TOPICS.items() if made[topic]
        }

    def again(self) -> list[tuple[Stop, str]]:
        """What to look at again: the chapters with wrong predictions, most first, and how many about what."""
        wrong = [(stop, *self._wrong_in(stop)) for stop in self.stops]
        worst_first = sorted(wrong, key=lambda one: -one[1])
        return [(stop, f"{count} wrong ({about})") for stop, count, about in worst_first if count]

    def _wrong_in(self, stop: Stop) -> tuple[int, str]:
        number = chapter_number(Path(stop.file))
        missed = [one for one in self.predicted if one.chapter == number and one.right < one.made]
        return sum(one.made - one.right for one in missed), ", ".join(TOPICS[one.topic] for one in missed)

    def __repr__(self) -> str:
        width = max((len(stop.title) for stop in self.stops), default=0)
        lines = [f"{'✓' if stop.done else '·'} {stop.title:{width}}  {stop.told}" for stop in self.stops]
        if topics := self.by_topic():
            lines += ["", "Your predictions:", *(f"  {name}: {told}" for name, told in topics.items())]
        if again := self.again():
            lines += ["", "Look again at:", *(f"  {stop.title}: {told}" for stop, told in again)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'✓ done' if stop.done else 'not yet'}</td><td>{_link(stop)}</td>"
            f"<td>{stop.told}</td></tr>"
            for stop in self.stops
        )
        chapters = f"<table><tr><th>chapter</th><th>title</th><th>done</th></tr>{rows}</table>"
        topics = [f"{html.escape(name)}: {told}" for name, told in self.by_topic().items()]
        again = [f"{_link(stop)}: {html.escape(told)}" for stop, told in self.again()]
        return chapters + _listed("Your predictions", topics) + _listed("Look again at", again)


def course_map() -> CourseMap:
    """Return all chapters, with what this user has done of each and predicted in it, on this computer."""
    days = record.done()
    stops = []
    for path in chapter_files():
        number = chapter_number(path)
        of_chapter = {one.id: days.get(one.id, "") for one in exercises.of_chapter(number)}
        stops.append(Stop(path.name, _title(path), days.get(number, ""), of_chapter))
    return CourseMap(tuple(stops), tuple(_predicted()))


def _predicted() -> list[Predicted]:
    found = []
    for about, answers in sorted(record.predictions().items()):
        chapter, _, topic = about.partition(" ")
        if topic in TOPICS and answers:
            found.append(Predicted(chapter, topic, len(answers), sum(answers.values())))
    return found


def _title(path: Path) -> str:
    """The heading at the start of a chapter; the file's name if a learner has removed it."""
    try:
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        return first.splitlines()[0].lstrip("# ").encode("utf-8").decode() or path.stem
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return path.stem


def _link(stop: Stop) -> str:
    return f'<a href="{html.escape(stop.file)}">{html.escape(stop.title)}</a>'


def _listed(heading: str, items: list[str]) -> str:
    """An HTML list below its heading, or nothing without items."""
    return f"<p><strong>{heading}</strong></p><ul>{''.join(f'<li>{one}</li>' for one in items)}</ul>" * bool(
        items
    )
