"""Small named texts that every process of an installation shares: users, tokens, keys, the audit log."""
