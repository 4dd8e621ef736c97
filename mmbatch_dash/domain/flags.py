"""What to know about a job before trusting its figures."""

INSTANCE_SHARED = "instance_shared"
UNREAD = "unread"
"""Stands before a colon and the name of the field."""

FLAGS = {
    "never_started": "It never started: it has no runtime, CPU hours or cost, and lowers no coverage.",
    "attempt_ends_before_start": "An attempt ends before it starts: figures that need its run time are unknown.",
    "job_ends_before_start": "The job ends before it starts: its runtime and CPU hours are unknown.",
    "restore_without_checkpoint": "What its restores carried cannot be told: work carried, saved and lost are unknown.",
    "not_on_ec2": "It ran on Fargate, which has no EC2 instance: instance hours, cost and savings do not apply to it.",
    "instance_unknown": "It ran on EKS and nothing says on which instance: its cost is unknown.",
    UNREAD: "What a source said of it could not be read in full; unknown is therefore",
    INSTANCE_SHARED: "Other jobs ran on its instance at the same time and are charged all of it too; set "
    "pricing.attribution to share to divide it.",
}
"""Flag of a job → a sentence. Each is raised by the fold; a test holds the two together."""


def describe_flag(flag: str) -> str:
    """The sentence for a flag as a job has it."""
    name, _, about = flag.partition(":")
    return f"{FLAGS[name]} {about}." if about else FLAGS[name]
