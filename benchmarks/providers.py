"""The simulated providers as a process of their own: ``python -m benchmarks.providers KEY-FILE``.

Prints one JSON line with its ports when ready; ends with SIGTERM.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from notify.simulator import SimulatorConfig, run


def main(arguments: list[str]) -> int:
    """Serve until told to end. Twilio's callbacks are left out: nobody here would take them."""
    run(
        SimulatorConfig(
            service_account_file=Path(arguments[0]),
            receipts=False,
            ready=_say_ready,
        )
    )
    return 0


def _say_ready(http: int, smtp: int) -> None:
    print(json.dumps({"http": http, "smtp": smtp}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
