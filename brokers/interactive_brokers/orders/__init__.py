"""What is sent of an order, and what IB says of it."""
