#!/opt/market/bin/python -IS
"""`healthy URL`: status 0 if the address answers 200, for the health check of a container that holds no curl."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:  # noqa: S310 - the container's own address
        sys.exit(answer.status != 200)
except urllib.error.HTTPError as refused:
    # What it says is what a person wants to see in the container's health log.
    sys.exit(f"{refused.code} {refused.read(2000).decode(errors='replace')}")
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
