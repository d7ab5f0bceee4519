"""Child processes that never outlive the one who wanted them."""
