"""The committed chapters as paper, as a web site, and as a kit for a room without the internet.

Needs no Engine: everything is made from the notebooks' stored outputs and from the exercises' own code.
"""
