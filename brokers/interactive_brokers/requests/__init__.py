"""What a session may ask of `ib_insync`, topic by topic. None of it has a deadline: the connection gives each one."""
