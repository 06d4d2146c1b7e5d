"""The local cloud and the command line: the emulator and its mends, rides, and pictures of them."""
