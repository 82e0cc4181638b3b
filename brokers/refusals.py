"""Why a node could not do what was asked. Every message is a sentence that may be shown to the account's owner."""

from __future__ import annotations


class NodeError(Exception):
    """The base of all of these."""


class GatewayUnreachable(NodeError):
    """Nothing accepts connections at the gateway's address, or it closed the connection during the handshake."""


class HandshakeTimedOut(NodeError):
    """The gateway's port is open, but its API did not complete the handshake before the deadline."""


class ClientIdInUse(NodeError):
    """IB's 326: another session holds our client id. Wait and retry the same one; another can't manage our orders."""


class FenceRefused(NodeError):
    """The gateway's relay has let a higher fence through: somebody newer owns this session. Trying again is no use."""


class AccountMissing(NodeError):
    """The login doesn't hold the account that was expected behind it."""


class LinkLost(NodeError):
    """The connection to the gateway ended, or isn't there yet."""


class NoAnswer(NodeError):
    """IB did not answer before the deadline. The answer is unknown, which is not the same as empty."""


class RequestRefused(NodeError):
    """IB refused a request; `code` is IB's own."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class InstrumentNotFound(NodeError):
    """IB knows no such contract, or can't tell which one is meant."""


class SubscriptionRefused(NodeError):
    """A stream of quotes that we don't ask for, so that IB needn't refuse it."""


class OrderRefused(NodeError):
    """An order or a cancel that was stopped before any byte of it left."""


class ConfigRefused(NodeError, ValueError):
    """A config that names something unknown, or says two things at once."""


class CredentialMissing(NodeError):
    """An environment variable that should hold a credential isn't set. It names the config's setting, never a value."""


class ClientMissing(NodeError):
    """The config names no such client, so the node has none."""


class FilterRefused(NodeError, ValueError):
    """A filter for instruments that can't be meant: an unknown key, or a value that IB has no use for."""


class AmbiguousInstrument(NodeError):
    """A filter that fits several instruments where one is needed. The message lists them."""


class NodeDropped(NodeError):
    """The node was dropped for good: it makes no new connection by itself."""
