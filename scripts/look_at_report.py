# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a report as headless Chromium shows it (wide, dark, phone, print), and what axe says of its accessibility.

``python scripts/look_at_report.py .cache/demo/reports/clone.html --into /tmp/look --axe axe.min.js``; axe-core comes by
``npm pack axe-core``. Ends with status 1 where axe finds a violation, in light or in dark colours.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Blink's own numbers.
COLOURS = {"light": 1, "dark": 0}
PHONE_WIDTH = 390
# Runs in a copy of the page without its content security policy, which rightly forbids every script.
AXE = """<script>{axe}</script><script>
axe.run().then(function (found) {{
  var out = document.createElement("pre");
  out.id = "axe-says";
  out.textContent = JSON.stringify({{violations: found.violations, passes: found.passes.length, incomplete: found.incomplete}});
  document.body.appendChild(out);
}});
</script></body>"""


def browse(url: str, *options: str, colours: str = "light") -> str:
    """Show a page and return its document as it is afterwards."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise SystemExit(f"None of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        command += ["--virtual-time-budget=20000", f"--blink-settings=preferredColorScheme={COLOURS[colours]}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        done = subprocess.run([*command, *options, url], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def look(report: Path, into: Path, height: int) -> None:
    """Write the pictures."""
    into.mkdir(parents=True, exist_ok=True)
    url = report.resolve().as_uri()
    for colours in COLOURS:
        browse(url, f"--screenshot={into / colours}.png", f"--window-size=1100,{height}", colours=colours)
    # The browser's own window can't be as narrow as a phone.
    frame = into / "phone.html"
    style = f"border:0;width:{PHONE_WIDTH}px;height:{2 * height}px"
    frame.write_text(f'<body style="margin:0"><iframe src="{url}" style="{style}"></iframe>', encoding="utf-8")
    browse(frame.as_uri(), f"--screenshot={into / 'phone.png'}", f"--window-size={PHONE_WIDTH + 110},{2 * height}")
    frame.unlink()
    browse(url, f"--print-to-pdf={into / 'print.pdf'}", "--no-pdf-header-footer")


def violations(report: Path, axe: str, colours: str) -> list[str]:
    """What axe has to say against the page."""
    page = re.sub(r"<meta http-equiv=[^>]*>", "", report.read_text(encoding="utf-8"))
    page = page.replace("<details>", "<details open>").replace(
        "</body>", AXE.format(axe=axe.replace("</script", "<\\/script"))
    )
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as copy:
        copy.write(page)
        copy.flush()
        document = browse(Path(copy.name).as_uri(), "--dump-dom", colours=colours)
    said = re.search(r'<pre id="axe-says">(.*?)</pre>', document, re.S)
    if said is None:
        raise SystemExit("axe said nothing; is the file axe.min.js?")
    found = json.loads(html.unescape(said[1]))
    print(
        f"{report.name}, {colours}: {found['passes']} rules passed, {len(found['violations'])} violated, "
        f"{[one['id'] for one in found['incomplete']]} can't be told"
    )
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def main() -> int:
    """Look at the report that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--into", type=Path, help="directory for the pictures")
    parser.add_argument("--height", type=int, default=1400, help="of the pictures, in pixels")
    parser.add_argument("--axe", type=Path, help="axe.min.js of axe-core")
    arguments = parser.parse_args()
    if arguments.into:
        look(arguments.report, arguments.into, arguments.height)
    complaints: list[str] = []
    if arguments.axe:
        axe = arguments.axe.read_text(encoding="utf-8")
        for colours in COLOURS:
            complaints += violations(arguments.report, axe, colours)
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
