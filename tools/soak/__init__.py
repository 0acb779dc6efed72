"""The campaign behind docs/soak.md: labs are broken in every way we know of, and what is left is measured.

Outside of what a learner uses: nothing imports it but its verb and the tests.
"""
