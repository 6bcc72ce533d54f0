"""The one door to the network: requests, bodies, and what a refusal means."""
