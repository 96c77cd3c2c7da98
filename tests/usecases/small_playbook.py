"""A playbook with few facts and short wordings, so that tests of sending do not wait for copy."""

from __future__ import annotations

from pathlib import Path

KINDS = ("holding", "alert", "update", "correction", "all_clear")

PLAYBOOK = """
id: closure
name: {en: Closure, zh-CN: 关闭}
summary: {en: Something is closed., zh-CN: 有地方关闭。}
severity: severe
priority: 1
channels: [sms, push, email]
kinds: [holding, alert, update, correction, all_clear]
expires_after: 12h
promise: next_update_at
facts:
  - id: decision
    type: choice
    label: {en: Decision, zh-CN: 决定}
    options: {closed: {en: closed, zh-CN: 关闭}, open: {en: open, zh-CN: 开放}}
    required: true
    optional_in: [holding]
  - id: note
    type: text
    label: {en: Note, zh-CN: 备注}
    max_length: 40
  - id: courses
    type: courses
    label: {en: Courses, zh-CN: 项目}
  - id: waves
    type: waves
    label: {en: Waves, zh-CN: 出发区}
  - id: next_update_at
    type: datetime
    label: {en: Next update, zh-CN: 下次通报}
audience:
  - status: [confirmed, pending]
  - course: {fact: courses}
  - wave: {fact: waves}
  - not_finished: true
"""

_SAYS = {
    "en": "{{ race.name }} is {{ facts.decision or 'in doubt' }} {{ facts.note or '' }}",
    "zh-CN": "{{ race.name }}现在{{ facts.decision or '待定' }} {{ facts.note or '' }}",
}

_BLOCKS = {
    "sms": "KIND: SAYS {{ incident.page_url }}",
    "push_title": "KIND: {{ race.name }}",
    "push_body": "SAYS",
    "email_subject": "KIND: {{ race.name }}",
    "email_body": "{{ person.name }}: SAYS <{{ incident.page_url }}>",
    "faq_question": "KIND: {{ race.name }}?",
    "faq_answer": "SAYS r{{ incident.revision }}",
    "banner": "KIND: SAYS r{{ incident.revision }}",
    "page": "## SAYS\n\nr{{ incident.revision }}",
    "agent_script": "SAYS r{{ incident.revision }}",
    "pa_script": "SAYS",
}


def write_small_playbook(root: Path, document: str = PLAYBOOK) -> dict[str, str]:
    """Write the playbook and its wordings below ``root``; return the settings that find them."""
    playbooks, messages = root / "playbooks", root / "messages"
    playbooks.mkdir(parents=True)
    (playbooks / "closure.yaml").write_text(document, encoding="utf-8")
    for language, says in _SAYS.items():
        for kind in KINDS:
            path = messages / "closure" / f"{kind}.{language}.j2"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_template(kind, says), encoding="utf-8")
    return {"NOTIFY_PLAYBOOKS": str(playbooks), "NOTIFY_TEMPLATES": str(messages)}


def _template(kind: str, says: str) -> str:
    blocks = (
        f"{{% block {name} %}}{text.replace('KIND', kind).replace('SAYS', says)}{{% endblock %}}\n"
        for name, text in _BLOCKS.items()
    )
    return "".join(blocks)
