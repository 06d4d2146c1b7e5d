"""The console's views: what each page reads, and what it can change."""
