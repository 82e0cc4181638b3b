"""The one process that touches the container engine, and what workers ask of it over a unix socket."""
