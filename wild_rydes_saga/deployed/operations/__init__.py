"""What an operator does with rides: find those that wait, read all that is known of one, recover it."""
