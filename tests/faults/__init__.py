"""The fault campaign: every task fails in every way, and an auditor checks what is left."""
