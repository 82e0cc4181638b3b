"""Describing instruments, and finding whole families of them."""
