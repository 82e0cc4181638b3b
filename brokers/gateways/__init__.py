"""Where a gateway runs: one protocol, one module for each kind of place."""
