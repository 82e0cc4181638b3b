"""What clients stream, and what each was told last."""
