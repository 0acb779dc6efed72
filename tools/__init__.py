"""The maintainer's and the workshop leader's tools: publish, measure, break, pin.

They use `helpers`, which does not depend on them.
"""
