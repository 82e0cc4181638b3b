"""What takes an order from its client to the market and back: the desk, the floor, and what is written down of it."""
