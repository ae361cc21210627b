"""What one spike becomes at its target: one file each; they combine with plasticity rules."""
