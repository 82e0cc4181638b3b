"""People, their broker accounts, sealed credentials, sessions and the numbered events of each account."""
