"""The forms of the API's requests and answers; an unknown field is an error."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from notify.domain.incident import IncidentStatus, Severity
from notify.domain.notice import FOLLOWING_KINDS, NoticeKind
from notify.domain.text import LANGUAGES

MAX_TYPED = 2000
FIRST_KINDS = [str(kind) for kind in (NoticeKind.ALERT, NoticeKind.HOLDING)]
NEXT_KINDS = [str(kind) for kind in NoticeKind if kind in FOLLOWING_KINDS]


class Strict(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """An unknown field is a mistake, not something to pass over."""

        unknown = RAISE


class Typed(fields.Field[str | list[str]]):
    """What was typed for one fact: a text, or several."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | list[str]:
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) and len(text) <= MAX_TYPED for text in texts):
            raise ValidationError(f"must be a text, or a list of texts, of up to {MAX_TYPED}")
        return value if isinstance(value, list) else str(value)


def _facts(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        values=Typed(),
        metadata={
            "description": "What is typed for each fact of the playbook: a text or a list of texts."
        },
        **options,
    )


class DrillsQuery(Strict):
    """Whether exercises are wanted too; they are marked as such."""

    drills = fields.Boolean(
        load_default=True, metadata={"description": "Also exercises, which are marked."}
    )


class FaqQuery(DrillsQuery):
    """Which FAQ entries."""

    lang = fields.String(
        validate=validate.OneOf(LANGUAGES), metadata={"description": "One language only."}
    )
    race = fields.String(
        validate=validate.Length(max=100), metadata={"description": "One race only."}
    )


class RequestId(Schema):
    """The id of one intention; the same id again finds what it did the first time."""

    class Meta:
        """A request has many other headers."""

        unknown = EXCLUDE

    key = fields.String(
        data_key="Idempotency-Key",
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9._:-]{8,100}$", error="must be 8 to 100 letters, figures or any of ._:-"
        ),
        metadata={"description": "Your id of this intention: repeat it and nothing happens twice."},
    )


class PreviewRequest(Strict):
    """A notice that would start an incident."""

    playbook = fields.String(required=True, metadata={"description": "Its id."})
    race = fields.String(required=True, metadata={"description": "Its id."})
    facts = _facts(required=True)
    kind = fields.String(load_default="alert", validate=validate.OneOf(FIRST_KINDS))
    drill = fields.Boolean(
        load_default=False, metadata={"description": "An exercise: nothing reaches anybody."}
    )


class Confirmed(Strict):
    """What a confirmation repeats of its preview."""

    fingerprint = fields.String(
        load_default=None,
        validate=validate.Length(max=100),
        metadata={"description": "Of the preview; if anything changed since, nothing is sent."},
    )
    issued_at = fields.AwareDateTime(
        load_default=None, metadata={"description": "Of the preview: the time the notice bears."}
    )


class TriggerRequest(PreviewRequest, Confirmed):
    """A notice that starts an incident, now."""

    break_glass = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=500),
        metadata={"description": "Why one person acts alone."},
    )


class RevisionPreview(Strict):
    """A notice that would follow an incident; facts not named stay as they are."""

    kind = fields.String(required=True, validate=validate.OneOf(NEXT_KINDS))
    facts = _facts(load_default=dict)


class RevisionRequest(RevisionPreview, Confirmed):
    """A notice that follows an incident, now."""


class IncidentAnswer(Schema):
    """What anybody may know of an incident."""

    incident = fields.String()
    race = fields.String()
    race_name = fields.Dict(keys=fields.String(), values=fields.String())
    playbook = fields.String()
    severity = fields.String(validate=validate.OneOf(list(Severity)))
    status = fields.String(validate=validate.OneOf(list(IncidentStatus)))
    drill = fields.Boolean()
    revision = fields.Integer()
    kind = fields.String()
    since = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    next_update_at = fields.AwareDateTime(allow_none=True)
    banner = fields.Dict(keys=fields.String(), values=fields.String())
    page = fields.Url()


class ActiveAnswer(Schema):
    """The active incidents, the most severe first."""

    version = fields.String(metadata={"description": "Changes whenever the list does."})
    incidents = fields.List(fields.Nested(IncidentAnswer))


class FaqEntry(Schema):
    """One question and its answer in one language."""

    incident = fields.String()
    race = fields.String()
    revision = fields.Integer()
    kind = fields.String()
    question = fields.String()
    answer = fields.String(
        metadata={"description": "Plain text, paragraphs apart by a blank line."}
    )
    language = fields.String()
    valid_from = fields.AwareDateTime()
    active = fields.Boolean()
    drill = fields.Boolean()


class FaqAnswer(Schema):
    """Entries of active incidents first."""

    entries = fields.List(fields.Nested(FaqEntry))


class SessionAnswer(Schema):
    """Who is asking."""

    role = fields.String()
    race = fields.String(allow_none=True)
    csrf = fields.String()


class ForecastAnswer(Schema):
    """One channel of a preview."""

    messages = fields.Integer()
    parts = fields.Integer()
    max_parts = fields.Integer()
    rate = fields.Float()
    seconds = fields.Float()
    suppressed = fields.Integer()
    cost = fields.Float(allow_none=True)
    currency = fields.String()


class SampleAnswer(Schema):
    """What one real person would get, by channel."""

    name = fields.String()
    bib = fields.String()
    course = fields.String()
    wave = fields.String()
    group = fields.String()
    language = fields.String()
    texts = fields.Dict(keys=fields.String(), values=fields.Dict())


class PreviewAnswer(Schema):
    """Everything to look at before confirming; ``fingerprint`` and ``issued_at`` go with it."""

    playbook = fields.String()
    race = fields.String()
    incident = fields.String()
    revision = fields.Integer()
    kind = fields.String()
    drill = fields.Boolean()
    facts = fields.Dict()
    fingerprint = fields.String()
    issued_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    people = fields.Integer()
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_language = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_course = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_wave = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_group = fields.Dict(keys=fields.String(), values=fields.Integer())
    channels = fields.Dict(keys=fields.String(), values=fields.Nested(ForecastAnswer))
    off = fields.Dict(keys=fields.String(), values=fields.String())
    samples = fields.List(fields.Nested(SampleAnswer))
    shown = fields.Dict(keys=fields.String(), values=fields.Dict())


class LaunchedAnswer(Schema):
    """A notice that was committed; ``repeated`` says that this request had done it before."""

    incident = fields.String()
    notice = fields.Integer()
    revision = fields.Integer()
    deliveries = fields.Dict(keys=fields.String(), values=fields.Integer())
    committed_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)
    repeated = fields.Boolean()
    urls = fields.Dict(keys=fields.String(), values=fields.Url())


class StatusAnswer(Schema):
    """Where an incident stands: what ``notify status --json`` prints."""

    incident = fields.String()
    race = fields.String()
    playbook = fields.String()
    status = fields.String()
    drill = fields.Boolean()
    notice = fields.Integer()
    kind = fields.String()
    revision = fields.Integer()
    held = fields.Boolean()
    people = fields.Integer()
    reached = fields.Integer()
    deliveries = fields.Dict(keys=fields.String(), values=fields.Dict())
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer())
    failures = fields.Dict(keys=fields.String(), values=fields.Integer())
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer())
    seconds = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True))
    urls = fields.Dict(keys=fields.String(), values=fields.Url())


class HeldAnswer(Schema):
    """The counts at the moment of the commit."""

    incident = fields.String()
    sent = fields.Integer()
    in_flight = fields.Integer()
    held = fields.Integer()
    changed = fields.Boolean()
