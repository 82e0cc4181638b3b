"""From placeOrder to the fill: what is judged, what waits, what trades."""
