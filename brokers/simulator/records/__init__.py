"""What the gateway saw and did, and how a later run knows it again."""
