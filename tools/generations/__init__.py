"""The course on each generation of Docker's Engine, side by side."""
