"""What providers and mailboxes call: receipts, replies, one-click unsubscribe. All of it signed."""

from __future__ import annotations

from flask import Blueprint

from notify.web.webhooks import twilio, unsubscribe

blueprint = Blueprint("webhooks", __name__)
twilio.register(blueprint)
unsubscribe.register(blueprint)
