"""The college's systems, each as `pathloom.identity.v1.Source` says a source."""

from pathloom_simulator.values import IdentifierRule, Source

STUDENT_ID = IdentifierRule("student_id", "student_id", joins=True, priority=10, limit=1)
# Checked by the system that has it: joins. Said by a visitor: only finds.
CHECKED_EMAIL = IdentifierRule("email", "email", joins=True, priority=20, limit=5)
SAID_EMAIL = IdentifierRule("email", "email", priority=20)
# A caller's number needs no rule: `from_number` and, outbound, `to_number` find by themselves.
PHONE = IdentifierRule("phone", "phone", priority=50)

SOURCES = (
    Source(
        "sis",
        "Student information system",
        "sis",
        "student_id",
        (STUDENT_ID, CHECKED_EMAIL, PHONE, IdentifierRule("address", "address", priority=80)),
        trust="authoritative",
    ),
    Source(
        "portal",
        "Student portal",
        "portal",
        "student_id",
        (STUDENT_ID, SAID_EMAIL, PHONE),
        default_channel="web",
    ),
    Source(
        "telephony",
        "Contact centre",
        "telephony",
        "student_id",
        (STUDENT_ID,),
        default_channel="voice",
    ),
    Source(
        "branch_telephony",
        "North Campus telephony",
        "branch-telephony",
        "student_id",
        (STUDENT_ID,),
        default_channel="voice",
    ),
    Source("chat", "Chat and bot", "chat", "student_id", (STUDENT_ID, SAID_EMAIL), default_channel="chat"),
    Source(
        "mailbox",
        "Shared mailbox",
        "mailbox",
        "",
        (IdentifierRule("from_email", "email", priority=20),),
        default_channel="email",
    ),
    Source("desk", "Campus desks", "desk", "student_id", (STUDENT_ID,), default_channel="in_store"),
    Source(
        "survey",
        "Survey tool",
        "survey",
        "",
        (STUDENT_ID, IdentifierRule("crm_id", "crm_id", joins=True, priority=15, limit=3)),
        default_channel="survey",
    ),
    Source(
        "crm",
        "Customer relations",
        "crm",
        "crm_id",
        (STUDENT_ID, CHECKED_EMAIL, PHONE, IdentifierRule("address", "address", priority=80)),
    ),
)
