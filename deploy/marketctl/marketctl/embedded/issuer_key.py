"""The development issuer's key, which a data folder keeps."""

from __future__ import annotations

import os
from pathlib import Path

from shared.workshop.tokens import TokenMint


def kept_mint(key_file: Path) -> TokenMint:
    """The mint of a data folder: its key is made once and kept with mode 0600."""
    if key_file.exists():
        return TokenMint(key_file.read_bytes())
    mint = TokenMint()
    key_file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(key_file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(mint.pem())
    return mint
