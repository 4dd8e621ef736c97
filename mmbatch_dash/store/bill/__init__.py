"""Bills: their lines read and reduced to days, accounts and instances, and held against our own cost."""
