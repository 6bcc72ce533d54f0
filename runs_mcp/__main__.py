"""`python -m runs_mcp` is the command `runs-mcp`."""

import sys

from runs_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
