from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

_ASK = """
import json
from shared.settings import ServiceSettings
read = ServiceSettings()
print(json.dumps([read.database_url.get_secret_value(), read.sealing_key.get_secret_value(), repr(read)]))
"""


def test_secrets_come_from_files_or_the_environment_first_and_are_never_shown(tmp_path: Path) -> None:
    for name, content in (("database_url", "postgresql://of-a-file"), ("sealing_key", "key of a file")):
        (tmp_path / name).write_text(content)
    told = {"SECRETS_DIR": str(tmp_path), "ISSUER": "i", "JWKS_URL": "j", "SEALING_KEY": "key of the environment"}
    answer = subprocess.run(
        [sys.executable, "-c", _ASK], env={**os.environ, **told}, capture_output=True, text=True, check=True
    )
    url, key, shown = json.loads(answer.stdout)
    assert (url, key) == ("postgresql://of-a-file", "key of the environment")
    assert "of-a-file" not in shown
    assert "key of" not in shown
