"""The administrators' desk: accounts across users, users, workers, the kill switch for all and the audit log.

Staff look; what changes something asks for Django's own permission on what it changes, which superusers have. Whoever
is no staff finds nothing here (404). No broker login is shown or entered, and no order can be placed, changed or
cancelled on another's behalf: the kill switch, which stops an account, is all that reaches the broker from here.
"""
