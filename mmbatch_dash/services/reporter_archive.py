"""The reporter as one file that any Python 3.8 or newer runs, and the script that installs it."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from shlex import quote

NAME = "mmbatch-report.pyz"
SHEBANG = b"#!/usr/bin/env python3\n"
MADE_AT = (2020, 1, 1, 0, 0, 0)
"""One time for every file, so that the same sources give the same bytes."""
MAIN = "import sys\n\nfrom mmbatch_dash.reporter.cli import main\n\nsys.exit(main(sys.argv[1:]))\n"


@dataclass(frozen=True, slots=True)
class Archive:
    """The file and what it is known by."""

    content: bytes
    sha256: str


@cache
def build_archive() -> Archive:
    """The reporter's package as a zip application, the same bytes every time."""
    package = files("mmbatch_dash")
    sources = {"__main__.py": MAIN, "mmbatch_dash/__init__.py": package.joinpath("__init__.py").read_text("utf-8")}
    for source in sorted(package.joinpath("reporter").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            sources[f"mmbatch_dash/reporter/{source.name}"] = source.read_text("utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in sources.items():
            archive.writestr(zipfile.ZipInfo(name, MADE_AT), text, zipfile.ZIP_DEFLATED)
    content = SHEBANG + packed.getvalue()
    return Archive(content, hashlib.sha256(content).hexdigest())


def write_install_script(server_url: str) -> str:
    """A POSIX shell script that fetches the reporter from this server, checks it and puts it into a folder.

    Args:
        server_url: where the script finds this server, as its reader reached it.
    """
    return _SCRIPT.replace("@SERVER@", quote(server_url)).replace("@SHA256@", build_archive().sha256)


_SCRIPT = """#!/bin/sh
# Installs mmbatch-report: curl -fsS SERVER/api/v1/scripts/install-reporter | sh
# TO=/some/folder chooses where; without it /usr/local/bin, or ~/.local/bin where that may not be written.
set -eu
server=@SERVER@
sha256=@SHA256@
to="${TO:-}"
if [ -z "$to" ]; then
  if [ -w /usr/local/bin ]; then to=/usr/local/bin; else to="$HOME/.local/bin"; fi
fi
command -v python3 >/dev/null 2>&1 || { echo "mmbatch-report needs python3, 3.8 or newer" >&2; exit 1; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' || { echo "python3 is older than 3.8" >&2; exit 1; }
mkdir -p "$to"
part="$to/.mmbatch-report.$$"
trap 'rm -f "$part"' EXIT
# The interpreter that runs it fetches it: an image need not hold curl.
python3 - "$server/api/v1/reporter" "$part" "$sha256" <<'FETCH'
import hashlib, sys, urllib.request
url, part, wanted = sys.argv[1:]
with urllib.request.urlopen(url, timeout=30) as answer:
    content = answer.read()
if hashlib.sha256(content).hexdigest() != wanted:
    sys.exit("mmbatch-report: what %s sent is not what it promised; nothing was installed" % url)
with open(part, "wb") as file:
    file.write(content)
FETCH
chmod 755 "$part"
mv "$part" "$to/mmbatch-report"
trap - EXIT
echo "mmbatch-report is in $to; try: $to/mmbatch-report doctor --server $server"
"""
