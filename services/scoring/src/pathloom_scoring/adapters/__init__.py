"""The store and the contracts' translation."""
