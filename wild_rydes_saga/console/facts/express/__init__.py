"""Rides on Express, which has no list of executions and no history: each is read from its row and its ledgers."""
