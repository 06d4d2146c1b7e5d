"""The local cloud: an emulator of AWS in a process of its own, and the patches that make it behave like AWS."""
