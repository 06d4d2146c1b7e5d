"""The campaign's local cloud."""
