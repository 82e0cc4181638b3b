"""What Gatehouse adds to a bare `ib_insync` client: `make bench`. `__main__` says what is measured and how."""
