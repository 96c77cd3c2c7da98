"""What the use cases work with; ``notify.bootstrap`` builds it, tests build it with fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notify.config import Settings
from notify.content import Content
from notify.domain.delivery import Channel as ChannelName
from notify.domain.playbook import Playbook
from notify.links import Links
from notify.ports import Bell, Channel, ChannelInfo, FaqPublisher, TimeSource
from notify.store.engine import Database


@dataclass(frozen=True)
class Services:
    """One installation, wired.

    ``open_channel`` makes a channel for this process (``drill``: a sealed one that reaches no
    network); ``random_bytes`` gives that many unpredictable bytes.
    """

    settings: Settings
    database: Database
    now: TimeSource
    playbooks: Mapping[str, Playbook]
    content: Content
    links: Links
    bell: Bell
    channels: Mapping[ChannelName, ChannelInfo]
    surfaces: tuple[FaqPublisher, ...]
    open_channel: Callable[[ChannelName, bool], Channel]
    random_bytes: Callable[[int], bytes]
    worker_name: str
