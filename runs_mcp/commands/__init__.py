"""The commands of `runs-mcp` besides serving."""
