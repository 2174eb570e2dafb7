"""``manage.py faults``, which is ``python -m bench.faults`` with everything it needs installed."""

from __future__ import annotations

import argparse
import sys

from . import campaign

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="manage.py faults", description=campaign.__doc__)
    campaign.add_arguments(parser)
    sys.exit(campaign.run(parser.parse_args()))
