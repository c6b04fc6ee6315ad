"""The service that the bench asks: several processes on one port, with the protocol that `serve_http` gives them."""

from __future__ import annotations

import sys

import uvicorn

from shared.http.protocol import BoundedProtocol

if __name__ == "__main__":
    uvicorn.run(
        "trade_ledger.app:app",
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        loop="uvloop",
        http=BoundedProtocol,
        proxy_headers=False,
        access_log=False,
        log_level="warning",
    )
