"""The emulator without the patches: `python -m tests.support.local_cloud.unpatched_emulator PORT`."""

import sys

from wild_rydes_saga.emulator.server import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), before=lambda: None)
