"""Runs the vendors' collectors over small suites: `python tests/collectors/record.py --help`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from collectors.recording import main

    sys.exit(main())
