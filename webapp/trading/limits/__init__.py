"""Risk limits: set by an account's owner, judged for every order and every change of one before it is written down."""

from webapp.trading.limits.judging import Intent, require_within
from webapp.trading.limits.setting import LimitsInvalid, limits_body, limits_of, set_limits

__all__ = ["Intent", "LimitsInvalid", "limits_body", "limits_of", "require_within", "set_limits"]
