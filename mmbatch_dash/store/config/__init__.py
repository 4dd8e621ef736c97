"""The configuration on disk: one YAML file that people edit, its history, and what is in force of it."""
