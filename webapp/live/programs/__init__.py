"""The feed for programs, `/ws/v1/feed`: any number of accounts on one socket, JSON text messages both ways.

The handshake carries the same token as the REST API, with the scope read: `Authorization: Bearer TOKEN`. A token is
never put into the address, where servers and proxies write it down.

From the program:

    {"type": "subscribe", "account": "<uuid>", "con_ids": [265598, ...], "after": 41}
    {"type": "unsubscribe", "account": "<uuid>"}
    {"type": "ping"}

`con_ids` (100 at most, may be left out) are the instruments whose quotes are wanted; a second subscribe for the account
replaces them. `after` is the number of the newest event that the program has, and may be left out by one that has none.

To the program:

    {"type": "hello", "scopes": ["read"], "expires_at": "..."}
    {"type": "subscribed", "account": "<uuid>", "last_event_number": 43, "session": {...}}
    {"type": "event", "account": "<uuid>", "number": 42, "kind": "order", "subject": "...", "at": "...", "body": {...}}
    {"type": "snapshot", "account": "<uuid>", "epoch": 3, "seq": 17, "quotes": [...]}
    {"type": "quotes", "account": "<uuid>", "epoch": 3, "prev": 17, "seq": 21, "quotes": [...]}
    {"type": "unsubscribed", "account": "<uuid>", "reason": "..."}    as asked, or it isn't yours to see any more
    {"type": "error", "code": "no_such_account", "message": "..."}      the socket stays open
    {"type": "pong"}

Events (orders, fills, positions, the session) are those of `GET /api/v1/accounts/{id}/events`: numbered by account,
without a gap. With `after` every event that follows it comes, in order, before the newer ones.

Quotes: a snapshot replaces all that the program holds of the account; an instrument that isn't in it has no quote. Of
what changes faster than the program reads, only the newest is sent. `prev` is the `seq` of the snapshot or quotes
message before; who holds another one has missed something and subscribes again.

Without a good token the handshake is answered with 401, without the scope with 403, as application/problem+json. The
socket closes with 4401 within seconds of its token being revoked or running out, 1012 when the server lost its message
bus, 1011 on an error of ours.
"""
