"""The package behind the notebooks: an Engine, a lab on it, probes, figures and verdicts.

Imports point one way: notebooks → learning, figures → probes → lab → engine. This module is nearly
empty on purpose, so that ``python3 -m helpers`` starts with the standard library alone. Every process of
the project imports it first, including each kernel, so LAB_DEBUG takes effect here.
"""

from helpers import debugging

debugging.install()
