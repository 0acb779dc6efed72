"""The exercises of each chapter, with a solution that the test suite runs; not to be read before trying."""
