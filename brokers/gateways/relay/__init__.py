"""The fence at a gateway's socket: a small process in front of one gateway's API port, which asks for no password.

A worker that was stopped past its lease can wake up and write on. IB's own refusal (326) lets the older holder of a
client id win, which is the wrong one. So whoever connects names its lease's fence first, and proves that it has the
gateway's key (`words`); the newest fence alone has the gateway, and whoever held it before is cut off before the new
one is let through (`door`).

The standard library alone, and nothing from outside this folder: it also runs in a container of its own. `command`
is how it is started.
"""
