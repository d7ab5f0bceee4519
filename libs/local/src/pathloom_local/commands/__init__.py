"""The verbs of `pathloom`, one module each."""
