"""The kit's pure parts."""
