"""The verifier: what it finds in exhibits, in mutants of the project's own machines, and what it says of them."""
