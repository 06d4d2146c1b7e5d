"""The campaign on Express: its rides, and the cells that only Express has."""
