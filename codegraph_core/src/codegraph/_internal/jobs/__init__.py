"""Durable jobs: what kinds there are, which store has them, how one is done. No index imports this package."""
