"""What names say: their words in English, what a task seems to do, and what it calls."""
