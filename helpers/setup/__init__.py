"""The set-up, with the standard library alone: Python environment, Debian packages, a kit for use offline."""
