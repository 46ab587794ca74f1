//! A primary key for every table that had a unique constraint instead.

use dealwright_store::migrate::Keyed;

pub(super) static KEYS: &[Keyed] = &[
    Keyed {
        table: "_migrations",
        columns: &[("number", "BIGINT NOT NULL"), ("name", "TEXT NOT NULL")],
        key: &["number"],
        indexes: &[],
    },
    Keyed {
        table: "_meta",
        columns: &[("key", "TEXT NOT NULL"), ("value", "TEXT NOT NULL")],
        key: &["key"],
        indexes: &[],
    },
    Keyed {
        table: "_counters",
        columns: &[("field_id", "BIGINT NOT NULL"), ("next", "BIGINT NOT NULL")],
        key: &["field_id"],
        indexes: &[],
    },
    Keyed {
        table: "_links",
        columns: &[
            ("kind", "BIGINT NOT NULL"),
            ("one", "BIGINT NOT NULL"),
            ("other", "BIGINT NOT NULL"),
            ("number", "BIGINT"),
            ("text", "TEXT"),
        ],
        key: &["one", "kind", "other"],
        indexes: &["CREATE INDEX _links_other ON {_links} (other, kind, one)"],
    },
    Keyed {
        table: "_record_territories",
        columns: &[
            ("record_id", "BIGINT NOT NULL"),
            ("territory_id", "BIGINT NOT NULL"),
            ("module_id", "BIGINT NOT NULL"),
            ("assigned_by", "BIGINT NOT NULL"),
            ("assigned_time", "BIGINT NOT NULL"),
        ],
        key: &["record_id", "territory_id"],
        indexes: &[
            "CREATE INDEX _record_territories_territory ON {_record_territories} (territory_id, record_id)",
        ],
    },
    Keyed {
        table: "_mail_recipients",
        columns: &[
            ("mail_id", "BIGINT NOT NULL"),
            ("address", "TEXT NOT NULL"),
            ("state", "TEXT NOT NULL"),
            ("reason", "TEXT"),
            ("at", "BIGINT NOT NULL"),
        ],
        key: &["mail_id", "address"],
        indexes: &[],
    },
    Keyed {
        table: "_mail_files",
        columns: &[
            ("mail_id", "BIGINT NOT NULL"),
            ("file_id", "BIGINT NOT NULL"),
            ("is_inline", "BIGINT NOT NULL"),
        ],
        key: &["mail_id", "file_id"],
        indexes: &["CREATE INDEX _mail_files_file ON {_mail_files} (file_id)"],
    },
    Keyed {
        table: "_mail_blocked",
        columns: &[
            ("address", "TEXT NOT NULL"),
            ("reason", "TEXT NOT NULL"),
            ("at", "BIGINT NOT NULL"),
            ("mail_id", "BIGINT NOT NULL"),
        ],
        key: &["address"],
        indexes: &[],
    },
    Keyed {
        table: "_mail_shares",
        columns: &[
            ("module_id", "BIGINT NOT NULL"),
            ("record_id", "BIGINT NOT NULL"),
            ("user_id", "BIGINT NOT NULL"),
            ("at", "BIGINT NOT NULL"),
        ],
        key: &["record_id", "user_id"],
        indexes: &[],
    },
    Keyed {
        table: "_share_owners",
        columns: &[("share_id", "BIGINT NOT NULL"), ("owner_id", "BIGINT NOT NULL")],
        key: &["share_id", "owner_id"],
        indexes: &[],
    },
];
