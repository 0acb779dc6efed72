"""What runs in the hub's own environment, beside JupyterHub: it imports nothing else of the project."""
