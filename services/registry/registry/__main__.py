"""`python -m registry`: the HTTP process of registry, on the address that its settings name."""

from __future__ import annotations

import sys

from registry.settings import Settings
from shared.http.server import serve_http

if __name__ == "__main__":
    sys.exit(serve_http("registry.app:app", Settings))
