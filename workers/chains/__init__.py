"""Option chains: what questions about them are answered from."""
