"""The pages of signing in, of the account and for admins. Plain forms, no scripts."""
