"""Money, positions and margin."""
