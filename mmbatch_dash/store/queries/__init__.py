"""Questions to the folded tables. Each gives a frame already reduced, or a page of rows."""
