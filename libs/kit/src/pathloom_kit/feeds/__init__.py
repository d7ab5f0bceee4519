"""Feeds: what changed, numbered in commit order, followed from a cursor."""
