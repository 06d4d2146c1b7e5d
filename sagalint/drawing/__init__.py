"""Draws machines and paths."""
