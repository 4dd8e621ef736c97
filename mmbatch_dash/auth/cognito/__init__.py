"""Signing in through an Amazon Cognito user pool: on our own page, on the pool's, and what is verified of it."""
