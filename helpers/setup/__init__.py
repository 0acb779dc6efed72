"""The set-up, using only the standard library: Python environment, Debian packages, offline workshop kit."""
