"""What turns experiments into a course: verdicts on claims, and the cell magic that reaches a machine."""

from helpers.learning.claims import ClaimFailed, Verdicts
from helpers.learning.magics import load_ipython_extension

__all__ = ["ClaimFailed", "Verdicts", "load_ipython_extension"]
