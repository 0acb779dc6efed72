"""Figures: each takes a DataFrame and returns Axes; ``caption(ax)`` describes it in one line."""

from helpers.figures.distribution import distribution
from helpers.figures.encapsulation import encapsulation
from helpers.figures.last_seen import last_seen
from helpers.figures.matrix import matrices, matrix
from helpers.figures.request_path import request_path
from helpers.figures.sequence import sequence
from helpers.figures.shares import shares
from helpers.figures.side_by_side import changes, side_by_side
from helpers.figures.stacks import stacks
from helpers.figures.style import caption
from helpers.figures.timeline import phases, timeline
from helpers.figures.topology import topology

__all__ = [
    "caption",
    "changes",
    "distribution",
    "encapsulation",
    "last_seen",
    "matrices",
    "matrix",
    "phases",
    "request_path",
    "sequence",
    "shares",
    "side_by_side",
    "stacks",
    "timeline",
    "topology",
]
