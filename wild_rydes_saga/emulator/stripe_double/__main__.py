"""The double as a process of its own. Its key is in the environment: a command line is for everybody to see."""

import os
import sys
import threading
from typing import Final

from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.server import serve

KEY: Final = "STRIPE_DOUBLE_KEY"


def end_with_parent() -> None:
    """Ends this process when its standard input ends: that is when the emulator is gone, however it ended."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    serve(int(sys.argv[1]), StripeDouble([os.environ.pop(KEY)]))
