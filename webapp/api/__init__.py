"""The REST API for programs, with tokens."""
