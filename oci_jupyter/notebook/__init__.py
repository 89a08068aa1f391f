"""How a loop drives a notebook: the host protocol, its two hosts, and cell composition."""
