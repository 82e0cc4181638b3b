"""One adapter for each client library, all with the calls of `base.Client`."""
