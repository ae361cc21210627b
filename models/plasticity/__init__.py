"""How a weight changes at a pre- or a postsynaptic spike: one file per rule."""
