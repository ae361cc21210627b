"""What one cell does when an event reaches it: one file per model."""
