"""The one connection to a gateway: its bytes, its words, its health."""
