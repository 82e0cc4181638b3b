"""The messages that this gateway sends, field by field, at server version 176. Each function returns one message."""
