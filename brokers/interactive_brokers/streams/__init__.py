"""What is subscribed at IB: one stream for all who want the same, opened again whenever it was lost."""
