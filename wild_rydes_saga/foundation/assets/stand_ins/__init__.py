"""Modules of our own that the layer has in the place of large ones of which it needs one name."""
