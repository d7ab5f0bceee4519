"""The public door: events in, the customer view out."""

__version__ = "0.1.0"
