"""`python -m marketctl.page`: serve the pages until stopped."""

from __future__ import annotations

import sys

import uvicorn

from marketctl.page.app import make_page
from marketctl.page.settings import PageSettings
from shared.settings import read_settings


def main() -> int:
    """Serve until stopped; a missing setting ends with status 2 and a sentence."""
    settings = read_settings(PageSettings)
    uvicorn.run(make_page(settings), host=settings.host, port=settings.port, log_level="warning", server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
