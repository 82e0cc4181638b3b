"""The feed for programs, `/ws/v1/feed`: any number of accounts on one socket, JSON text messages both ways.

`webapp/api/description.md` says what is spoken on it, for the programs' authors too.
"""
