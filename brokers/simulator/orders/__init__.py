"""What an order is: its message and terms, what it has to be, when it wakes, trades and ends."""
