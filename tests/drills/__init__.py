"""Drills: the real stack is hurt on purpose, and a checker judges what became of every order.

    python -m tests.drills                     a short round of every drill
    python -m tests.drills --full              all the seeds that a release is judged by
    python -m tests.drills --seed 7 gateway    one drill, from this seed

Each drill has real worker processes, PostgreSQL, Redis, the web process and the simulator, whose ledger says what
reached the broker. It prints a table and ends with 1 on any duplicate or loss.
"""
