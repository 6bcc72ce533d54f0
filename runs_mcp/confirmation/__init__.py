"""The guard before what cannot be undone: preview, confirmation, write, report, audit."""
