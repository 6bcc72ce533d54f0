"""All HTTP to providers: requests, retries, responses, and errors."""
