"""Who may do what: the access mode, the gate before every request, tokens, origins, limits."""
