"""The campaign behind docs/soak.md: break labs in every way we know of, and measure what is left of them.

Learners do not use this package: only its command and the tests import it.
"""
