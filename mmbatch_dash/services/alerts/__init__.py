"""Watching the figures and telling people: measuring, the state on disk, deliveries."""
