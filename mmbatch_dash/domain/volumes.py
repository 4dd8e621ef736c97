"""What the MMBatch server says of a job whose EBS volume is not ready, in words for people."""

UNREADY_REASONS = {
    "volumeunready": "Volume Unready - its managed EBS volume was not there when it was to start.",
    "restorevolumeunready": "Restore Volume Unready - its EBS volume was not found when it was to be restored.",
}
"""State, in small letters without spaces → why the job stands still; before the dash stands the state itself."""
WENT_ON = " It went on afterwards."
"""Ends the reason of a job that had its volume in the end."""
EVENT_NAMES = {
    "volume.unready": "Job-VolumeUnready",
    "volume.unready_at_restore": "Job-RestoreVolumeUnready",
}
"""Type of a fact → how the MMBatch server writes it, where that is not `Volume-` and the step."""


def event_name(fact_type: str) -> str:
    """`Volume-Attached` of `volume.attached`."""
    return EVENT_NAMES.get(fact_type) or f"Volume-{fact_type.partition('.')[2].capitalize()}"
