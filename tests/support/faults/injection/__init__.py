"""What goes wrong in a local cloud: faults of tasks, and AWS at its worst, as data and in the emulator's process."""
