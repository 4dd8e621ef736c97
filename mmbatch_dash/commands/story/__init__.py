"""`story`: three real jobs under the reporter, one of them reclaimed twice, told to a real server while you look."""

from mmbatch_dash.commands.story.play import run_story

__all__ = ["run_story"]
