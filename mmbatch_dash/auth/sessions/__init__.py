"""People who signed in: their sessions, passwords, and what failed attempts cost."""
