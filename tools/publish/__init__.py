"""The committed chapters as handouts, as a web site, and as a kit for a room without internet access.

Needs no Engine: everything is generated from the notebooks' stored outputs and the code of the exercises.
"""
