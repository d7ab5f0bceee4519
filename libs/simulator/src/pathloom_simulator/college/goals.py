"""What people want from the financial-aid office. README.md tells the same to whoever writes the blueprint."""

from pathloom_simulator.values import Goal, Stage

GOALS = (
    Goal(
        key="where_is_my_aid",
        label="Where is my aid",
        share=0.45,
        stages=(
            Stage(
                "look",
                ("aid_status",),
                ("check_status",),
                ("AID-STATUS",),
                ("where is my aid",),
                "aid_status",
            ),
            Stage(
                "ask",
                ("aid_status",),
                ("check_status",),
                ("AID-STATUS", "AID-PAYMENT"),
                ("where is my aid", "when will I be paid"),
                "aid_status",
            ),
            Stage(
                "chase",
                ("aid_status",),
                ("check_status",),
                ("AID-DELAY",),
                ("my aid has not arrived",),
                "aid_delayed",
            ),
        ),
        menu_choice="1",
        queue="aid-general",
        department="Financial Aid",
        first_channel={"voice": 0.46, "web": 0.26, "chat": 0.13, "email": 0.06, "in_store": 0.09},
        solve={"voice": 0.52, "web": 0.42, "chat": 0.42, "email": 0.42, "in_store": 0.62},
        step_fails=0.35,
    ),
    Goal(
        key="submit_document",
        label="Submit a document",
        share=0.35,
        stages=(
            Stage(
                "find_out",
                ("aid_documents",),
                (),
                ("DOC-HOWTO", "DOC-MISSING"),
                ("how do I send a document",),
                "document_help",
            ),
            Stage(
                "submit",
                ("aid_documents",),
                ("upload_document", "sign_form"),
                ("DOC-UPLOAD",),
                ("the upload does not work",),
                "submit_document",
            ),
            Stage(
                "confirm",
                ("aid_documents",),
                (),
                ("DOC-RECEIVED",),
                ("did you get my form",),
                "submit_document",
            ),
        ),
        menu_choice="2",
        queue="aid-documents",
        department="Document Processing",
        first_channel={"voice": 0.34, "web": 0.38, "chat": 0.12, "email": 0.1, "in_store": 0.06},
        solve={"voice": 0.55, "web": 0.5, "chat": 0.48, "email": 0.5, "in_store": 0.68},
        step_fails=0.5,
    ),
    Goal(
        key="appeal",
        label="Appeal of aid decision",
        share=0.2,
        stages=(
            Stage("prepare", ("aid_appeal",), (), ("APP-HOWTO",), ("my aid was reduced",), "appeal"),
            Stage(
                "file",
                ("aid_appeal",),
                ("file_appeal", "upload_evidence"),
                ("APP-FILE",),
                ("I want to appeal",),
                "appeal",
            ),
            Stage(
                "decision", ("aid_appeal",), (), ("APP-STATUS",), ("what about my appeal",), "appeal_status"
            ),
        ),
        menu_choice="3",
        queue="aid-appeals",
        department="Appeals Office",
        first_channel={"voice": 0.42, "web": 0.26, "chat": 0.1, "email": 0.12, "in_store": 0.1},
        solve={"voice": 0.45, "web": 0.4, "chat": 0.32, "email": 0.4, "in_store": 0.52},
        step_fails=0.5,
    ),
)
