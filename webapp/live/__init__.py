"""The browser sockets: one fan-out per process, a latest-wins mailbox per browser, numbered events."""
