"""What identity's own metrics are called. None may carry a person."""

BLOCK_LEFT_OUT = "pathloom.identity.block.left_out"  # counter: records that a block above the cap left to other keys, by rule
RULE = "pathloom.identity.block.rule"  # the attributes that make the key, or the name of a further attribute
