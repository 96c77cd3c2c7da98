"""The repository speaks of itself alone: no machine's paths, no download hosts, no secrets."""

from __future__ import annotations

import re

from tests.repo.sources import ROOT, tracked_files

# Written in pieces, so that this file does not contain what it looks for.
PATHS = ["/wo" + "rk/", "/ro" + "ot/", "/home/" + "[a-z]", "/Us" + "ers/[a-z]"]
DOWNLOADS = [
    "py" + "pi\\.org",
    "python" + "hosted\\.org",
    "npm" + "js\\.org",
    "deb\\." + "debian\\.org",
]
SECRETS = [
    "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
    "\\bAC[0-9a-f]{32}\\b",
    "\\bSK[0-9a-f]{32}\\b",
]


def test_no_file_names_a_machine_path_a_download_host_or_a_secret():
    forbidden = re.compile("|".join(PATHS + DOWNLOADS + SECRETS))
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in tracked_files()
        for match in forbidden.finditer(file.read_text(errors="replace"))
    ]

    assert [] == found


def test_no_third_party_file_is_committed():
    kinds = {".whl", ".gz", ".zip", ".jar", ".so", ".dylib", ".exe", ".woff2"}
    minified = re.compile(r"\.min\.(js|css)$")
    found = [
        str(file.relative_to(ROOT))
        for file in tracked_files()
        if file.suffix in kinds or minified.search(file.name)
    ]

    assert [] == found
