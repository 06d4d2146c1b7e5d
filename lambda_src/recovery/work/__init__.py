"""The list of rides to recover, its lock, and the batches of messages that fill it."""
