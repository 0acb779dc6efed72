"""How fast the course is: what `make bench` measures, and how it is told. Never asserted by a test."""
