"""`python -m fx_settlement`: the HTTP process of fx-settlement, on the address that its settings name."""

from __future__ import annotations

import sys

from fx_settlement.settings import Settings
from shared.http.server import serve_http

if __name__ == "__main__":
    sys.exit(serve_http("fx_settlement.app:app", Settings))
