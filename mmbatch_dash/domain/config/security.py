"""Section `security`: the server's certificate, and login through an Amazon Cognito user pool."""

from typing import Annotated

from pydantic import Field, StrictStr

from mmbatch_dash.domain.config.controls import Control, Kind, rule
from mmbatch_dash.domain.config.fields import Section, setting
from mmbatch_dash.domain.config.forms import REGION, is_login_domain, is_plain, is_url, matches, or_empty
from mmbatch_dash.domain.config.types import OptionalPath, Switch

OptionalRegion = Annotated[
    StrictStr,
    rule(matches(REGION, or_empty=True), "must be an AWS region such as us-east-1, or empty"),
    Control(Kind.TEXT, "an AWS region, or empty"),
]
UserPoolId = Annotated[
    StrictStr,
    rule(
        matches(r"[\w-]{1,45}_[0-9A-Za-z]{1,55}", or_empty=True),
        "must be a user pool id such as us-east-1_AbCdEfGhI, or empty",
    ),
    Control(Kind.TEXT, "a user pool id such as us-east-1_AbCdEfGhI, or empty"),
]
IdentityPoolId = Annotated[
    StrictStr,
    rule(
        matches(r"[\w-]{1,20}:[0-9a-fA-F-]{36}", or_empty=True),
        "must be an identity pool id such as us-east-1:UUID, or empty",
    ),
    Control(Kind.TEXT, "an identity pool id, or empty"),
]
ClientId = Annotated[
    StrictStr,
    rule(matches(r"[\w+]{1,128}", or_empty=True), "must be an app client id of letters and digits, or empty"),
    Control(Kind.TEXT, "an app client id, or empty"),
]
Groups = Annotated[
    tuple[Annotated[StrictStr, rule(is_plain, "must be a list of group names")], ...],
    Field(min_length=1),
    Control(Kind.LIST, "at least one group name"),
]
AnyGroups = Annotated[
    tuple[Annotated[StrictStr, rule(is_plain, "must be a list of group names")], ...],
    Control(Kind.LIST, "group names; none lets everybody of the pool read"),
]
Domain = Annotated[
    StrictStr,
    rule(
        or_empty(is_login_domain),
        "must be a domain such as team.auth.us-east-1.amazoncognito.com, alone or after https://, or empty",
    ),
    Control(Kind.TEXT, "a domain, or empty"),
]
Scopes = Annotated[
    tuple[Annotated[StrictStr, rule(matches(r"[!#-\[\]-~]{1,200}"), "must be a list of OAuth scopes")], ...],
    Control(Kind.LIST, "OAuth scopes, openid among them"),
]
OptionalUrl = Annotated[
    StrictStr,
    rule(or_empty(is_url), "must be a URL such as https://dash.example.org, or empty"),
    Control(Kind.TEXT, "a URL, or empty"),
]


class Cognito(Section):
    """Login through a user pool."""

    enabled: Switch = setting("enabled", False, "Asks everybody to log in through the user pool.")
    region: OptionalRegion = setting("region", "", "AWS region of the user pool.")
    user_pool_id: UserPoolId = setting("userPoolID", "", "The user pool.")
    identity_pool_id: IdentityPoolId = setting("identityPoolID", "", "An identity pool beside it, if there is one.")
    client_id: ClientId = setting("clientID", "", "App client of the pool that stands for this server.")
    admin_groups: Groups = setting("adminGroups", ["admin"], "Groups of the pool whose members may change things.")
    reader_groups: AnyGroups = setting(
        "readerGroups",
        [],
        "Groups of the pool whose members may read; none lets everybody of the pool read.",
        ours=True,
    )
    domain: Domain = setting("domain", "", "Domain of the pool's hosted login page.", ours=True)
    scopes: Scopes = setting(
        "scopes",
        ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
        "What the hosted login page is asked for; the app client must allow each of them.",
        ours=True,
    )
    client_secret_file: OptionalPath = setting(
        "clientSecretFile", "", "File that holds the app client's secret, if it has one.", secret=True, ours=True
    )
    public_url: OptionalUrl = setting(
        "publicURL",
        "",
        "The address people reach this server at; the hosted login page sends them back there.",
        ours=True,
    )


class Security(Section):
    """Certificate and login."""

    cert_file: OptionalPath = setting("certFile", "", "Certificate chain in PEM form, for https.", restart=True)
    key_file: OptionalPath = setting("keyFile", "", "The certificate's private key in PEM form.", restart=True)
    cognito: Cognito = Field(default_factory=Cognito, alias="cognito", description="Login through Amazon Cognito.")
