"""Values and pure rules of the gateway; no input, no output."""
