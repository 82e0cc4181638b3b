"""The worker processes: one asyncio loop each, holding many broker sessions."""
