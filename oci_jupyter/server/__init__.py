"""The Jupyter Server extension: routes, the socket, and one session per open notebook."""
