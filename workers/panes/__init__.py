"""What pages show of an instrument beside its quote, kept up to date while somebody looks: books, and charts' bars."""
