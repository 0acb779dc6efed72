"""How fast the course is: what `make bench` measures and how it reports it. No test asserts these times."""
