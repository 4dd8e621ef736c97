"""The filter bar shared by pages: the address holds every filter, the bar only shows and changes it."""
