import os
import subprocess
import sys
from pathlib import Path

ASK = "from renkei.config import settings as s; print(s.CSRF_TRUSTED_ORIGINS, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE)"


def test_behind_a_proxy_forms_from_the_public_address_are_trusted_and_cookies_travel_by_tls_only(
    tmp_path: Path,
):
    environment = os.environ | {
        "RENKEI_HOME": str(tmp_path),
        "RENKEI_PUBLIC_URL": "https://node.example/consortium",
    }

    said = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert said == "['https://node.example'] ['node.example', '127.0.0.1', 'localhost'] True\n"
