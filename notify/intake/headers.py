"""The headers recognised in a registration file, by field; documented in ``docs/import.md``.

Spelling does not matter beyond letters and digits: ``fold`` is applied to both sides.
"""

from __future__ import annotations

from types import MappingProxyType

REQUIRED = ("registration_id", "course")

HEADERS = MappingProxyType(
    {
        "registration_id": (
            "Registration ID", "Registration Number", "Registration No", "Registration Code",
            "Reg ID", "Reg No", "Registrant ID", "Entry ID", "Entry Number", "Entry No",
            "Participant ID", "Confirmation Number",
            "报名编号", "报名号", "报名ID", "报名序号", "注册编号", "報名編號", "報名序號",
        ),
        "bib": (
            "Bib", "Bib Number", "Bib No", "Race Number", "Start Number",
            "参赛号", "参赛号码", "参赛编号", "号码布", "号码", "參賽號", "參賽號碼", "號碼布",
        ),
        "first_name": ("First Name", "Given Name", "Forename", "名", "名字"),
        "last_name": ("Last Name", "Family Name", "Surname", "姓", "姓氏"),
        "full_name": (
            "Name", "Full Name", "Runner", "Runner Name", "Participant", "Participant Name",
            "姓名", "选手姓名", "参赛者姓名", "選手姓名",
        ),
        "email": (
            "E-mail", "E-mail Address", "Mail",
            "邮箱", "电子邮箱", "电子邮件", "邮箱地址", "郵箱", "電子郵件", "電子郵箱",
        ),
        "phone": (
            "Phone", "Phone Number", "Cell Phone", "Cell", "Cell Number", "Mobile",
            "Mobile Phone", "Mobile Number", "Telephone", "Tel",
            "手机号", "手机", "手机号码", "联系电话", "电话", "移动电话", "电话号码",
            "手機號", "手機", "手機號碼", "聯絡電話", "電話",
        ),
        "country": (
            "Country", "Country Code", "Country of Residence",
            "国家", "国家/地区", "国家代码", "國家", "國家/地區",
        ),
        "course": (
            "Course", "Event", "Distance", "Race", "Category", "Race Category",
            "项目", "参赛项目", "报名项目", "组别", "距离", "赛程", "項目", "參賽項目", "組別",
        ),
        "wave": (
            "Wave", "Corral", "Start Wave", "Start Group", "Pen", "Block",
            "分区", "出发区", "起跑区", "起点分区", "枪次", "分區", "出發區", "起跑區",
        ),
        "language": (
            "Language", "Preferred Language", "Locale",
            "语言", "首选语言", "通知语言", "語言",
        ),
        "status": (
            "Status", "Registration Status", "Entry Status",
            "报名状态", "状态", "参赛状态", "報名狀態", "狀態",
        ),
        "payment": (
            "Payment Status", "Payment", "Payment Result",
            "支付状态", "付款状态", "缴费状态", "支付结果", "支付狀態", "付款狀態", "繳費狀態",
        ),
        "paid_at": (
            "Payment Attempted At", "Payment Time", "Payment Date", "Paid At",
            "支付时间", "付款时间", "缴费时间", "支付時間", "付款時間", "繳費時間",
        ),
        "push_tokens": (
            "Push Token", "Push Tokens", "Device Token", "Device Tokens", "FCM Token",
            "推送令牌", "设备令牌", "推送标识", "設備令牌",
        ),
        "finished_at": ("Finished At", "Finished On", "冲线时间", "完赛时刻", "衝線時間"),
    }
)  # fmt: skip
"""Our field → headers that mean it; the first is the one written by an export."""
