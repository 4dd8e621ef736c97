"""What login keeps on disk: users, tokens, the key of sessions, the audit log. No secret is kept readable."""
