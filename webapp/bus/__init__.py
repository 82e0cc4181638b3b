"""Redis, for what may be lost: quotes (the newest wins), doorbells, questions and the announcement of events."""
