"""Values and rules of identity: pure functions over plain values, no I/O."""
