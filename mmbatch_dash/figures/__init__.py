"""Frames in, plain dict Plotly figures and card contents out. No Dash, no store, no clock."""
