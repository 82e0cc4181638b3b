"""What clients connect to: the port, their sessions, the messages both ways, and what can go wrong with them."""
