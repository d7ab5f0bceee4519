"""Values and rules of scoring: pure, no I/O."""
