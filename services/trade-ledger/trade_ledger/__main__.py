"""`python -m trade_ledger`: the HTTP process of trade-ledger, on the address that its settings name."""

from __future__ import annotations

import sys

from shared.http.server import serve_http
from trade_ledger.settings import Settings

if __name__ == "__main__":
    sys.exit(serve_http("trade_ledger.app:app", Settings))
