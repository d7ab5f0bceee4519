"""A simulated contact centre played through the public door, and what the platform made of it beside the truth."""
