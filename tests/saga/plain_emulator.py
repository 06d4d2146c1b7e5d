"""The emulator without the mends: `python -m tests.saga.plain_emulator PORT`."""

import sys

from wild_rydes_saga.local.emulator_process import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), before=lambda: None)
