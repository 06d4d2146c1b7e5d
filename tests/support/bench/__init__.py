"""The bench: the lab's machine, Standard and Express on one local cloud, in turn."""
