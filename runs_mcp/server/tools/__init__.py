"""What a model can call: the tools of each provider, and those that serve every provider."""
