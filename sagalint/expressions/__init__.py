"""Reads JSONata and JSONPath without running them."""
