"""Opt out and in: nothing more is sent to an address on a channel, or it is again."""

from __future__ import annotations

from notify.domain.delivery import Channel
from notify.domain.opt_out import Wish, wish
from notify.store.journal import Deed, audit
from notify.store.opt_outs import OPTED_OUT, address_of, first_time, lift
from notify.store.suppressions import suppress
from notify.usecases.receive import target_of
from notify.usecases.services import Services

RECIPIENT = "recipient"
"""Who opts out, in the audit: never an address."""


def opt_out_of_email(delivery: str, *, services: Services) -> bool:
    """Send no more e-mail to where ``delivery`` went; return whether there is such a delivery.

    The claim looks at opt-outs, so it holds from the commit on for everything that has not left.
    """
    target = target_of(delivery, Channel.EMAIL)
    if target is None:
        return False
    deed = Deed(RECIPIENT, services.now())
    with services.database.write() as connection:
        address = address_of(connection, target)
        if address is None:
            return False
        suppress(connection, channel=Channel.EMAIL, address=address, reason=OPTED_OUT, at=deed.at)
        audit(connection, deed, "email.opted_out", incident_id=target.incident_id)
    return True


def read_reply(*, sender: str, text: str, message_id: str, services: Services) -> Wish | None:
    """Do what an SMS reply asks for; return what that was, ``None`` for nothing we know.

    A repeated ``message_id`` does nothing: an old START must not undo a newer STOP.
    """
    wanted = wish(text)
    deed = Deed(RECIPIENT, services.now())
    with services.database.write() as connection:
        status = f"inbound_{wanted}" if wanted else "inbound"
        if not first_time(connection, message_id=message_id, status=status, at=deed.at):
            return None
        if wanted is Wish.STOP:
            suppress(connection, channel=Channel.SMS, address=sender, reason=OPTED_OUT, at=deed.at)
            audit(connection, deed, "sms.opted_out")
        elif wanted is Wish.START and lift(connection, channel=Channel.SMS, address=sender):
            audit(connection, deed, "sms.opted_in")
    return wanted
