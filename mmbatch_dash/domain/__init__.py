"""What things are: facts, events, selections, figures, configuration. No I/O, no framework."""
