"""What several servers share: a PostgreSQL database. Nothing here is imported where one machine serves alone."""
