"""Who may do what: the gate before every request, sign-in, sessions, tokens, Cognito."""
