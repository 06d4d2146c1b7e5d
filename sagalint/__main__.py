"""`python -m sagalint`."""

import sys

from sagalint.command import main

sys.exit(main())
