"""``python -m bench.faults``: the same as ``manage.py faults``."""

from __future__ import annotations

import argparse
import sys

from . import campaign

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench.faults", description=campaign.__doc__)
    campaign.add_arguments(parser)
    sys.exit(campaign.run(parser.parse_args()))
