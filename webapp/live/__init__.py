"""The browser's live socket, `/ws/accounts/<id>/`: one per open page, JSON text messages both ways.

From the browser:

    {"type": "subscribe", "con_ids": [265598, ...], "panes": ["depth:265598", "bars:265598:1d", ...]}
                                                       what is on screen now; replaces what was, 100 and 8 at most
    {"type": "events", "after": 41}                    send every numbered event after 41
    {"type": "ping"}

To the browser:

    {"type": "hello", "at": "...", "last_event_number": 41, "session": {...}}  `at` is the server's time
    {"type": "snapshot", "epoch": 3, "seq": 17, "quotes": [...]}            one after each subscribe, then
    {"type": "quotes", "epoch": 3, "prev": 17, "seq": 21, "quotes": [...]}  what changed since
                                                       both with "panes": [...] when one has changed
    {"type": "event", "number": 42, "kind": "order", "subject": "...", "at": "...", "body": {...}}
    {"type": "error", "code": "too_many_con_ids", "message": "..."}         the socket stays open
    {"type": "pong"}

Quotes: a snapshot replaces everything that the page shows; an instrument that isn't in it has no quote. `prev` is the
`seq` of the snapshot or quotes message before; a page that holds another one has missed something and subscribes again.
Snapshots also come by themselves, when a session starts anew, stops, or Redis was away.

Panes (`webapp.bus.panes`): a book, whole each time; or the newest bars of a chart, whose history the page asks for by
HTTP, and again when a snapshot comes or the bars belong to a history of another time.

Events: numbers grow by one. A page starts at the number that it was rendered with, applies `number == mine + 1` alone,
and asks `events` after its own number when hello or an event shows a later one.

An account that its user may not see answers the handshake with 404, as one that doesn't exist does. The socket closes
with 4401 when its user signed out, 4403 when the user's role on the account is another from now on, 4404 when the
account is gone or isn't shared any more, 1012 when the server lost its message bus, 1011 on an error of ours.
"""
