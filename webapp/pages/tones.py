"""How a state is coloured. Colour never stands alone: the label says the same."""

IDLE, BUSY, OK, WARN, BAD = "idle", "busy", "ok", "warn", "bad"
