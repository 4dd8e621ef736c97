"""Speed and size of the whole product against limits measured in the same run: `python -m bench`."""
