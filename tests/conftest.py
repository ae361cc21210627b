"""Two threads everywhere, so that their tests run on a machine with one core too."""

import os

os.environ.setdefault("NUMBA_NUM_THREADS", str(max(2, os.cpu_count() or 1)))
