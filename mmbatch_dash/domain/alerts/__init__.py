"""What is watched, what counts as wrong, and what an incident is: rules, budgets, incidents, silences. No I/O."""
