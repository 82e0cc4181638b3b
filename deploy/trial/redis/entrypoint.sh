#!/bin/sh
# Gives its folder to the server's own user, and runs the command as that one.
set -eu
chown redis:redis .
exec setpriv --reuid redis --regid redis --init-groups "$@"
