"""Stores, libraries and wire formats."""
