"""wire: a network driver for Docker, small enough to read. Runs on a machine, as a plugin, on its own."""
