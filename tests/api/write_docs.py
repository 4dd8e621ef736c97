"""Writes docs/api.md from the declarations: `python -m tests.api.write_docs`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mmbatch_dash.api.declared import endpoints_of
from mmbatch_dash.api.docs import build_text
from mmbatch_dash.factory import create_app
from mmbatch_dash.services import open_services
from mmbatch_dash.settings import build_settings


def main() -> None:
    with TemporaryDirectory() as folder:
        services = open_services(build_settings(Path(folder)), start_folding=False)
        try:
            text = build_text(endpoints_of(create_app(services)))
        finally:
            services.close()
    target = Path(__file__).resolve().parents[2] / "docs" / "api.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
