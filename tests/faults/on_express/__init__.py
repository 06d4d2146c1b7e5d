"""The matrix and the walks, with rides on Express."""
