"""Live Digits: a server that reads handwritten digits while they are being drawn."""

__version__ = "0.1.0"
