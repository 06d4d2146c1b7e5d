"""The double as a process of its own. Its key is in the environment: a command line is for everybody to see."""

import os
import sys
from typing import Final

from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.server import serve

KEY: Final = "STRIPE_DOUBLE_KEY"

if __name__ == "__main__":
    serve(int(sys.argv[1]), StripeDouble([os.environ.pop(KEY)]))
