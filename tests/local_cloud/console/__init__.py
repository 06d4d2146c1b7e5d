"""The console: in a real browser, and as an attacker meets it."""
