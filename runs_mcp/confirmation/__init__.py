"""The guard before whatever cannot be undone: preview, question, token, audit."""
