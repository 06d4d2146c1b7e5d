"""The fault campaign: every task of the saga fails in every way, and an auditor looks at the books alone."""
