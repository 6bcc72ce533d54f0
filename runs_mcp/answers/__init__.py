"""What tools answer with: records, their two encodings, and pages that fit into a budget."""
