"""Which keys stand together on the page, under which title. What a key is and means comes from the models."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of the form.

    Attributes:
        anchor: its place in the address.
        title: its heading.
        lead: a sentence below it.
        titles: dotted key → the name of the field, in order.
    """

    anchor: str
    title: str
    lead: str
    titles: dict[str, str]


SECTIONS = (
    PageSection(
        "checkpoint",
        "Checkpoint",
        "When and how worker nodes take checkpoints. A job's own environment goes before what is set here.",
        {
            "ckpt.ckptMode": "Checkpointing",
            "ckpt.ckptInterval": "Interval",
            "ckpt.ckptImagePath": "Image path",
            "ckpt.ckptFiles": "Further files",
            "ckpt.IRMapScanPaths": "Scan paths for watched files",
            "ckpt.ckptOnSigTerm": "Checkpoint when told to end",
            "ckpt.diagnosisMode": "Diagnosis mode",
            "ckpt.rootFSDiff": "Keep changes of the root file system",
            "ckpt.cloudWatchMode": "Logs to CloudWatch",
            "ckpt.tcpClose": "Close TCP connections on restore",
            "ckpt.queues": "Values of single queues",
        },
    ),
    PageSection(
        "volume",
        "Job EBS Volume",
        "A volume of its own for each job, which follows it from instance to instance.",
        {
            "job.ebsPerJob": "Managed EBS",
            "job.diskType": "Volume type",
            "job.diskSizeGB": "Volume size",
            "job.ebsMountPath": "Mount path",
            "job.customTags": "Custom tags",
        },
    ),
    PageSection(
        "clean-up",
        "Clean-up",
        "How long volumes and checkpoints stay once their job has ended.",
        {
            "job.storCleanIntvl": "Clean-up interval",
            "job.retentionPolicy": "Decided by",
            "job.retentionInterval": "Decision interval",
            "job.successTTL": "Kept after success",
            "job.failureTTL": "Kept after failure",
        },
    ),
    PageSection(
        "nodes",
        "Worker nodes",
        "How nodes report, and how much log they keep.",
        {
            "node.heartbeat": "Heartbeat",
            "node.ttl": "Counts as gone after",
            "node.maxPerLogSizeMB": "Size of one log file",
            "node.maxNodeLogTotalMB": "Size of all logs",
            "node.maxNodes": "Most nodes of a token",
            "node.maxLogAge": "Logs are kept for",
            "node.cleanLogInterval": "Log clean-up interval",
        },
    ),
    PageSection(
        "log",
        "Log",
        "The log files of this server. Changes hold at once.",
        {
            "log.level": "Level",
            "log.maxSizeMB": "Size of one file",
            "log.maxBackups": "Older files kept",
        },
    ),
    PageSection(
        "server",
        "Server",
        "Where this server listens. Address and certificate are tried before they are accepted.",
        {
            "addr": "Address and port",
            "security.certFile": "Certificate file",
            "security.keyFile": "Private key file",
            "id": "Server id",
        },
    ),
    PageSection(
        "cognito",
        "Cognito",
        "Sign-in through an Amazon Cognito user pool. The pool must answer before it can be switched on.",
        {
            "security.cognito.enabled": "Sign-in through Cognito",
            "security.cognito.region": "Region",
            "security.cognito.userPoolID": "User pool id",
            "security.cognito.clientID": "App client id",
            "security.cognito.identityPoolID": "Identity pool id",
            "security.cognito.adminGroups": "Admin groups",
            "security.cognito.readerGroups": "Reader groups",
            "security.cognito.domain": "Hosted login domain",
            "security.cognito.scopes": "Scopes asked for",
            "security.cognito.clientSecretFile": "File of the client secret",
            "security.cognito.publicURL": "Public URL",
        },
    ),
    PageSection(
        "dashboard",
        "Dashboard",
        "How pages open for somebody who has not chosen otherwise.",
        {
            "dashboard.timezone": "Time zone",
            "dashboard.engineeringMode": "Engineering Mode",
            "dashboard.refresh": "Live refresh",
            "dashboard.staleAfter": "Running jobs are stale after",
        },
    ),
    PageSection(
        "pricing",
        "Pricing",
        "What is assumed where prices do not say. Costs follow in the background.",
        {
            "pricing.region": "Region",
            "pricing.attribution": "A job is charged",
            "pricing.assumedSpotDiscount": "Assumed spot discount",
            "pricing.freeFirstHour": "Free first hour",
        },
    ),
    PageSection(
        "aws",
        "AWS accounts",
        "AWS as a source of jobs.",
        {
            "aws.accounts": "Accounts",
            "aws.syncEvery": "Synchronise every",
            "aws.eventQueues": "Event queues",
            "aws.purchaseOptions": "Purchase options",
        },
    ),
    PageSection(
        "ingest",
        "Ingest",
        "How much one request to /api/v1/events, or one import, may bring.",
        {
            "ingest.maxBodyMB": "Largest body",
            "ingest.maxEventsPerRequest": "Most events",
            "ingest.maxImportMB": "Largest import",
        },
    ),
    PageSection(
        "alerts",
        "Alerts and budgets",
        "What is watched, from when on it is wrong, and who is told. The page Alerts shows every rule in force.",
        {
            "alerts.channels": "Channels",
            "alerts.tell": "Told of everything",
            "alerts.rules": "Rules",
            "alerts.digestTo": "Digest to",
            "alerts.digestEvery": "Digest every",
            "budgets": "Budgets",
        },
    ),
    PageSection(
        "audit",
        "Audit log",
        "Who did what, for admins.",
        {"audit.maxSizeMB": "File size", "audit.maxBackups": "Older files"},
    ),
    PageSection(
        "storage",
        "Storage",
        "The disk under the data directory.",
        {"storage.reserveMB": "Room kept free"},
    ),
    PageSection(
        "retention",
        "Retention",
        "How long this server keeps what it was told.",
        {"retention.journal": "Events", "retention.jobs": "Completed jobs"},
    ),
    PageSection(
        "cluster",
        "Several servers",
        "What several servers share. Empty where one serves alone.",
        {"cluster.postgres": "Database"},
    ),
)

TITLES = {key: title for section in SECTIONS for key, title in section.titles.items()}
