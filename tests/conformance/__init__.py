"""The simulator, judged by clients that nobody here wrote: `make conformance`.

The same session is played with `ib_insync`, with `ib_async` and with IB's own `ibapi`, each in an environment of its
own and against a simulator of its own that begins from the same seed at the same time. Their answers must be the same,
and each must be what IB's documents say: every row of `session/` has its expectation beside its request.
"""
