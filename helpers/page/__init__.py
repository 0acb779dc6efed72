"""The course's page: JupyterLab as the course starts it, and how a browser gets to it."""
