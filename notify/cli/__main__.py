"""``python -m notify.cli`` is the ``notify`` command: how our own processes start each other."""

from notify.cli import main

main()
