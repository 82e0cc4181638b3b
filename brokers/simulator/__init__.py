"""A simulated IB Gateway that speaks the TWS wire protocol over TCP, at server version 176.

Standard library alone, and nothing from the rest of this project: a simulator that shared code with the client side
would share its mistakes too.
"""
