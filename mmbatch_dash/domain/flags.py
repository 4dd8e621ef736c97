"""What to know about a job before trusting its figures."""

INSTANCE_SHARED = "instance_shared"

FLAGS = {
    "never_started": "It never started: it has no runtime, CPU hours or cost, and lowers no coverage.",
    "attempt_ends_before_start": "An attempt ends before it starts: figures that need its run time are unknown.",
    "job_ends_before_start": "The job ends before it starts: its runtime and CPU hours are unknown.",
    "restore_without_checkpoint": "What its restores carried cannot be told: work carried, saved and lost are unknown.",
    "not_on_ec2": "It ran on Fargate, which has no EC2 instance: instance hours, cost and savings do not apply to it.",
    "instance_unknown": "It ran on EKS and nothing says on which instance: its cost is unknown.",
    INSTANCE_SHARED: "Other jobs ran on its instance at the same time and are charged all of it too; set "
    "pricing.attribution to share to divide it.",
}
"""Flag of a job → a sentence. Each is raised by the fold; a test holds the two together."""
