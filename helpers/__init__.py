"""The package behind the notebooks: an Engine, a lab on it, probes, figures and verdicts.

Imports point one way: notebooks → learning, figures → probes → lab → engine. This module stays
empty on purpose, so that ``python3 -m helpers`` starts with the standard library alone.
"""
