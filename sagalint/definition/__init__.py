"""Reads state machines from ASL, templates and documents."""
