"""The package behind the notebooks: an Engine, a lab on it, probes, figures and verdicts.

Imports point one way: notebooks → learning, figures → probes → lab → engine. This module stays
nearly empty on purpose, so that ``python3 -m helpers`` starts with the standard library alone: it is
where every process of ours begins, a kernel as well, so LAB_DEBUG is obeyed here.
"""

from helpers import debugging

debugging.install()
