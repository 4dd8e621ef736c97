"""Flask blueprints of what goes out (api.md)."""
