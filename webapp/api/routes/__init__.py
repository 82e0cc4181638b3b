"""One module for each noun: its addresses, which call a service each and decide nothing."""
