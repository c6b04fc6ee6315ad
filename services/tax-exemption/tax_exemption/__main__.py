"""`python -m tax_exemption`: the HTTP process of tax-exemption, on the address that its settings name."""

from __future__ import annotations

import sys

from shared.http.server import serve_http
from tax_exemption.settings import Settings

if __name__ == "__main__":
    sys.exit(serve_http("tax_exemption.app:app", Settings))
