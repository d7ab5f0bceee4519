"""Sums over facts: one SELECT for each family of measures, built from the tables, values always as parameters."""
