"""What the text of a learner's definition shows before any ride."""
