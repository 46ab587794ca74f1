//! Tables of the accounts. Times are seconds since 1970, lists are one entry per line, secrets are SHA-256 in hex.

use dealwright_store::migrate::{Keyed, Migration};
use dealwright_store::{Sql, Store, StoreError, Weight};
use dealwright_wire::Id;

pub static MIGRATIONS: &[Migration] = &[
    Migration::new(1, "accounts", ACCOUNTS),
    Migration::new(2, "people and rotation", PEOPLE_AND_ROTATION),
    Migration::keys(3, "a primary key for every table", KEYS),
    Migration::new(4, "marks of orgs", MARKS),
    Migration::new(5, "numbers of development installations", NUMBERS),
];

const ACCOUNTS: &str = r"
CREATE TABLE {installation} (id {{id}}, kind TEXT NOT NULL);
CREATE TABLE {orgs} (id {{id}}, name TEXT NOT NULL, zgid BIGINT NOT NULL UNIQUE, created BIGINT NOT NULL);
CREATE TABLE {identities} (
    id {{id}},
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    password TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE {memberships} (identity BIGINT NOT NULL, org BIGINT NOT NULL, UNIQUE (identity, org));
CREATE TABLE {clients} (
    id {{id}},
    client_id TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    homepage TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    js_domains TEXT NOT NULL,
    owner BIGINT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX clients_one_self_client ON {clients} (owner) WHERE kind = 'self';
CREATE TABLE {codes} (
    id {{id}},
    hash TEXT NOT NULL UNIQUE,
    client BIGINT NOT NULL,
    identity BIGINT NOT NULL,
    org BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    redirect_uri TEXT,
    challenge TEXT,
    is_offline BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);
CREATE INDEX codes_by_client ON {codes} (client, identity, created);
CREATE TABLE {refresh_tokens} (
    id {{id}},
    hash TEXT NOT NULL UNIQUE,
    client BIGINT NOT NULL,
    identity BIGINT NOT NULL,
    org BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    is_pinned BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_by_client ON {refresh_tokens} (client, identity, created);
CREATE TABLE {access_tokens} (
    id {{id}},
    hash TEXT NOT NULL UNIQUE,
    refresh BIGINT,
    client BIGINT NOT NULL,
    identity BIGINT NOT NULL,
    org BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_refresh ON {access_tokens} (refresh, created);
CREATE INDEX access_tokens_by_client ON {access_tokens} (client);
CREATE INDEX access_tokens_by_expiry ON {access_tokens} (expires);
CREATE TABLE {device_codes} (
    id {{id}},
    hash TEXT NOT NULL UNIQUE,
    user_code TEXT NOT NULL UNIQUE,
    client BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    is_offline BOOLEAN NOT NULL,
    decision TEXT NOT NULL,
    identity BIGINT,
    org BIGINT,
    expires BIGINT NOT NULL,
    polled_ms BIGINT NOT NULL
);
CREATE TABLE {consents} (
    id {{id}},
    identity BIGINT NOT NULL,
    client BIGINT NOT NULL,
    org BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (identity, client, org)
);
CREATE TABLE {sessions} (
    id {{id}},
    hash TEXT NOT NULL UNIQUE,
    identity BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
";

/// What clients may do by their owner's choice, where tokens come from, and what people need to get in and to be kept
/// out: links, sign-ins with a place and a last use, memberships that rest.
///
/// A refresh token that rotates keeps its row and changes its hash, so that its access tokens stay with it; the hashes
/// it had are kept beside it to know a stolen one by.
const PEOPLE_AND_ROTATION: &str = r"
ALTER TABLE {identities} ADD COLUMN email_verified BIGINT;
ALTER TABLE {identities} ADD COLUMN last_sign_in BIGINT;
ALTER TABLE {memberships} ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE {clients} ADD COLUMN credential_scopes TEXT NOT NULL DEFAULT '';
ALTER TABLE {clients} ADD COLUMN requires_pkce BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE {clients} ADD COLUMN rotates BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE {clients} ADD COLUMN refresh_idle BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {refresh_tokens} ADD COLUMN code BIGINT;
ALTER TABLE {refresh_tokens} ADD COLUMN last_used BIGINT NOT NULL DEFAULT 0;
UPDATE {refresh_tokens} SET last_used = created;
CREATE INDEX refresh_tokens_by_code ON {refresh_tokens} (code);
CREATE INDEX refresh_tokens_by_identity ON {refresh_tokens} (identity);
ALTER TABLE {access_tokens} ADD COLUMN code BIGINT;
CREATE INDEX access_tokens_by_code ON {access_tokens} (code);
CREATE INDEX access_tokens_by_identity ON {access_tokens} (identity);
ALTER TABLE {sessions} ADD COLUMN last_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {sessions} ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE {sessions} ADD COLUMN agent TEXT NOT NULL DEFAULT '';
UPDATE {sessions} SET last_used = created;
CREATE INDEX sessions_by_identity ON {sessions} (identity);
CREATE TABLE {spent_refresh_tokens} (hash TEXT NOT NULL UNIQUE, refresh BIGINT NOT NULL, spent BIGINT NOT NULL);
CREATE INDEX spent_refresh_tokens_by_refresh ON {spent_refresh_tokens} (refresh);
CREATE TABLE {links} (
    hash TEXT NOT NULL UNIQUE,
    identity BIGINT NOT NULL,
    is_mailed BOOLEAN NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX links_by_identity ON {links} (identity);
";

/// A primary key for every table that had a unique constraint instead.
const KEYS: &[Keyed] = &[
    Keyed {
        table: "_migrations",
        columns: &[("number", "BIGINT NOT NULL"), ("name", "TEXT NOT NULL")],
        key: &["number"],
        indexes: &[],
    },
    Keyed {
        table: "memberships",
        columns: &[
            ("identity", "BIGINT NOT NULL"),
            ("org", "BIGINT NOT NULL"),
            ("is_active", "BOOLEAN NOT NULL DEFAULT TRUE"),
        ],
        key: &["identity", "org"],
        indexes: &[],
    },
    Keyed {
        table: "spent_refresh_tokens",
        columns: &[("hash", "TEXT NOT NULL"), ("refresh", "BIGINT NOT NULL"), ("spent", "BIGINT NOT NULL")],
        key: &["hash"],
        indexes: &["CREATE INDEX spent_refresh_tokens_by_refresh ON {spent_refresh_tokens} (refresh)"],
    },
    Keyed {
        table: "links",
        columns: &[
            ("hash", "TEXT NOT NULL"),
            ("identity", "BIGINT NOT NULL"),
            ("is_mailed", "BOOLEAN NOT NULL"),
            ("expires", "BIGINT NOT NULL"),
        ],
        key: &["hash"],
        indexes: &["CREATE INDEX links_by_identity ON {links} (identity)"],
    },
];

/// What each place of an org carries, so that another's, or none, is noticed.
const MARKS: &str = "ALTER TABLE {orgs} ADD COLUMN mark TEXT";

/// By which access tokens of development servers are told apart.
const NUMBERS: &str = "ALTER TABLE {installation} ADD COLUMN number BIGINT";

/// Tables whose ids come from the mint.
const MINTED: [&str; 8] = [
    "identities",
    "clients",
    "codes",
    "refresh_tokens",
    "access_tokens",
    "device_codes",
    "consents",
    "sessions",
];

/// The highest id the accounts hold; a mint that starts over must go on above it.
pub(crate) async fn newest_ids(store: &Store) -> Result<Vec<Id>, StoreError> {
    store
        .read(Weight::Point, |conn| {
            Box::pin(async move {
                let all = MINTED.iter().map(|table| format!("SELECT MAX(id) FROM {{{table}}}"));
                // Numbers of people rise by themselves; earlier ones were ids like others.
                let short = format!("SELECT MAX(id) FROM {{identities}} WHERE id < {}", 1_i64 << 53);
                let mut newest = Vec::new();
                for sql in all.chain([short]) {
                    newest.extend(conn.first(&Sql::from(sql), &[], |row| row.id(0)).await?.flatten());
                }
                Ok(newest)
            })
        })
        .await
}
