"""Scoring: how each journey felt, how hard it was and why; and the measures of the contact centre."""
