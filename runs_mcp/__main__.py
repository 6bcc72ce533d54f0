"""`python -m runs_mcp` is the command `runs-mcp`."""

from runs_mcp.cli import run

if __name__ == "__main__":
    run()
