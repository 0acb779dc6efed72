"""The maintainer's and the workshop leader's tools: publish, measure, break, pin.

They stand on `helpers`, which knows nothing of them.
"""
