"""The values recognised in a registration file; documented in ``docs/import.md``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TypeVar

import phonenumbers
from babel import Locale
from babel.core import get_global

from notify.domain.audience import PaymentResult, RegistrationStatus

Meaning = TypeVar("Meaning", bound=str)

_PUNCTUATION = re.compile(r"[\W_]+")

STATUSES = MappingProxyType(
    {
        RegistrationStatus.CONFIRMED: (
            "Confirmed", "Registered", "Accepted", "Active", "Approved", "Complete", "Completed",
            "Entered",
            "已确认", "已报名", "报名成功", "已录取", "已中签", "中签", "有效",
            "已確認", "已報名", "報名成功",
        ),
        RegistrationStatus.PENDING: (
            "Pending", "Pending Payment", "Awaiting Payment", "Unpaid", "Incomplete", "Processing",
            "In Review", "Unconfirmed",
            "待确认", "待支付", "待付款", "待审核", "审核中", "处理中", "未支付",
            "待確認", "待審核", "審核中",
        ),
        RegistrationStatus.WAITLISTED: (
            "Waitlisted", "Waitlist", "Waiting List", "On Waiting List", "Standby", "Reserve",
            "候补", "候补中", "等待名单", "替补", "候補", "候補中",
        ),
        RegistrationStatus.CANCELLED: (
            "Cancelled", "Canceled", "Withdrawn", "Refunded", "Deferred", "Rejected", "Void",
            "已取消", "取消", "已退赛", "退赛", "已退款", "已顺延", "未中签", "已拒绝",
            "已退賽", "已順延",
        ),
    }
)  # fmt: skip

PAYMENTS = MappingProxyType(
    {
        PaymentResult.PAID: (
            "Paid", "Success", "Succeeded", "Successful", "Completed", "Complete", "Captured",
            "Charged", "Settled",
            "已支付", "支付成功", "已付款", "付款成功", "已缴费", "已繳費",
        ),
        PaymentResult.PENDING: (
            "Pending", "Processing", "In Progress", "Authorized", "Authorised",
            "Awaiting Payment", "Unpaid",
            "支付中", "待支付", "待付款", "处理中", "未支付", "未付款", "處理中",
        ),
        PaymentResult.FAILED: (
            "Failed", "Failure", "Declined", "Error", "Rejected", "Expired",
            "支付失败", "付款失败", "失败", "已拒绝", "已过期", "支付失敗", "付款失敗", "失敗",
        ),
    }
)  # fmt: skip

LANGUAGES = MappingProxyType(
    {
        "en": ("en", "eng", "en-US", "en-GB", "English", "英文", "英语", "英語"),
        "zh-CN": (
            "zh-CN", "zh", "zho", "chi", "zh-Hans", "zh-Hans-CN", "zh-SG", "Chinese",
            "Simplified Chinese", "Mandarin",
            "中文", "简体中文", "简体", "汉语", "普通话", "簡體中文",
            # There is no wording in traditional characters; the simplified one is the nearest.
            "zh-TW", "zh-HK", "zh-Hant", "Traditional Chinese", "繁体中文", "繁體中文",
        ),
    }
)  # fmt: skip

BLANKS = frozenset(
    {"", "-", "--", "—", "–", "n/a", "none", "null", "nil", "无", "無", "没有", "空"}
)
"""What people write into a cell to leave it empty, in lower case; never looked for in names."""

WAVE_WORDS = (
    "Start Wave", "Start Group", "Start Pen", "Wave", "Corral", "Pen", "Block", "Group",
    "出发区", "起跑区", "出發區", "起跑區", "分区", "分區", "区", "區", "组", "組",
)  # fmt: skip
"""Words around the name of a wave, as in “Wave A” or “A区”."""

# Codes and names that neither ISO 3166 nor Unicode's list of territories has.
_MORE_COUNTRIES = MappingProxyType(
    {
        "US": ("United States of America", "U.S.A.", "America", "美国"),
        "GB": ("England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "UK", "英国"),
        "CN": ("PRC", "P.R. China", "Mainland China", "中国大陆", "中國大陸", "中华人民共和国"),
        "HK": ("Hong Kong", "香港", "中国香港", "中國香港"),
        "MO": ("Macau", "Macao", "澳门", "澳門", "中国澳门", "中國澳門"),
        "TW": ("Taiwan", "台湾", "台灣", "臺灣", "中国台湾", "TPE"),
        "KR": ("South Korea", "Korea", "韩国", "韓國"),
        "DE": ("GER",), "NL": ("NED", "Holland"), "CH": ("SUI",), "DK": ("DEN",), "GR": ("GRE",),
        "PT": ("POR",), "HR": ("CRO",), "ZA": ("RSA",), "MY": ("MAS",), "ID": ("INA",),
        "PH": ("PHI",), "VN": ("VIE",), "CL": ("CHI",), "LV": ("LAT",), "SI": ("SLO",),
        "BG": ("BUL",), "SA": ("KSA",), "AE": ("UAE",), "IR": ("IRI",), "MN": ("MGL",),
        "UY": ("URU",), "PY": ("PAR",), "CR": ("CRC",), "GT": ("GUA",), "NG": ("NGR",),
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return what is left of ``text`` when case, width, spaces and punctuation do not matter."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text).casefold())


def recognise(table: Mapping[Meaning, Iterable[str]]) -> dict[str, str]:
    """Return folded word → meaning for a table of meaning → words."""
    return {fold(word): str(meaning) for meaning, words in table.items() for word in words}


@cache
def countries() -> Mapping[str, str]:
    """Return folded name or code → ISO country code: ISO codes, English and Chinese names."""
    known: dict[str, str] = {}
    for tag in ("en", "zh", "zh_Hant"):
        known |= {fold(name): code for code, name in Locale.parse(tag).territories.items()}
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    known |= {fold(old): new[0] for old, new in aliases.items()}
    known |= {fold(code): code for code in phonenumbers.SUPPORTED_REGIONS}
    dialled = {word: code for word, code in known.items() if code in phonenumbers.SUPPORTED_REGIONS}
    return dialled | recognise(_MORE_COUNTRIES)
