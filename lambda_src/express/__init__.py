"""The queue in front of Express rides, for callers who do not wait."""
