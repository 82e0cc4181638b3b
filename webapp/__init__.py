"""The web product: rows, pages, live sockets and the REST API. It never loads `ib_insync`."""
