#!/usr/bin/env python3
"""In: models/open. Out: models/manifest.json with the size and the SHA-256 of each file there.

python3 tools/pin_open_set.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


def main() -> None:
    manifest = MODELS / "manifest.json"
    text = manifest.read_text()
    (entry,) = [entry for entry in json.loads(text)["models"] if entry["name"] == "open"]
    for file in entry["files"]:
        path = MODELS / "open" / file["path"]
        if not path.exists():
            continue
        content = path.read_bytes()
        form = '{{"path": "{}", "size": {}, "sha256": "{}"}}'
        old = form.format(file["path"], file["size"], file["sha256"])
        assert text.count(old) == 1, old
        text = text.replace(old, form.format(file["path"], len(content), hashlib.sha256(content).hexdigest()))
    manifest.write_text(text)


if __name__ == "__main__":
    main()
