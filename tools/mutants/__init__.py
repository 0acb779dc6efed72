"""Broken networks: each claim of a chapter must turn red under at least one of them."""
