"""The rules, each beside its check."""
