"""The state machines: the fare saga, its recovery with what triggers it, and the learner's machine."""
