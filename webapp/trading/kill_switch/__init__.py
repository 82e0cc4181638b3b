"""The switch that stops all trading: of one account by its owner, of all by an administrator.

Engaging it withdraws what no worker has sent, has the broker cancel every open order behind the login, also those that
were placed elsewhere, and refuses each new order and change until it is released. It works with the session up or down:
the command to cancel waits, and leaves first when the session is back.
"""
