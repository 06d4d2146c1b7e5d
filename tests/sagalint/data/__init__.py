"""What is known of the data of a machine before a run, and what is found by it."""
