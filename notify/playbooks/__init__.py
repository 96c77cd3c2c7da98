"""Playbook files: YAML in, ``domain.Playbook`` out, or every mistake with its file and line."""

from notify.playbooks.loading import PlaybookError, load_playbook, load_playbooks

__all__ = ["PlaybookError", "load_playbook", "load_playbooks"]
