"""wire: a network driver for Docker, small enough to read. It runs on a machine, as a plugin."""
