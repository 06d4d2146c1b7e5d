"""Guesses a plan for a machine that has none."""
