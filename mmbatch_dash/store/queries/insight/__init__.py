"""What `mmbatch_dash.insight` needs of the selected jobs, reduced to frames.

Every frame comes from one cursor on which `place_attempts` was called first.
"""
