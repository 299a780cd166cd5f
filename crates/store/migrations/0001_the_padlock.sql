-- Organizations, people, sessions, support tokens, the access log, and what carries mail.
-- TEXT and BIGINT only: instants are microseconds (UTC), lengths are microseconds, "is it?" is a nullable instant.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,              -- folded to lower case
  name TEXT NOT NULL,
  external_id TEXT UNIQUE,                 -- how the vendor's own backend calls this person
  password_hash TEXT,                      -- PHC string; none until an invitation is accepted
  language TEXT NOT NULL DEFAULT '',
  time_zone TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  suspended_at BIGINT,
  stand_in_since BIGINT                    -- no person: what acts in the place of one where nobody is named
);

-- What a person is to the vendor. One row; a role that ended keeps its row.
CREATE TABLE staff (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  agent_level BIGINT,                      -- 1, 2, 3 for a support agent
  administrator_since BIGINT,
  created_at BIGINT NOT NULL,
  suspended_at BIGINT                      -- A37
);

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  external_id TEXT UNIQUE,
  companies BIGINT NOT NULL DEFAULT 0,     -- how many companies the account has, as the vendor tells
  longest_validity BIGINT,                 -- may be shorter than the vendor's, never longer (A3)
  who_may_open TEXT NOT NULL DEFAULT 'members',  -- members | administrators
  backend_may_open_at BIGINT,              -- an administrator of the organization let the vendor's product open for its people
  created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,                      -- administrator | member
  kind TEXT NOT NULL,                      -- customer | vendor_staff (A6)
  user_type TEXT NOT NULL DEFAULT '',      -- practitioner | administrator_client | standard_client | employee | ''
  created_at BIGINT NOT NULL,
  created_by TEXT,
  ends_at BIGINT,                          -- B19, A6
  ended_at BIGINT,
  ended_by TEXT,
  last_access_at BIGINT
);
CREATE UNIQUE INDEX memberships_one_place ON memberships (organization_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX memberships_of_user ON memberships (user_id);

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  organization_id TEXT REFERENCES organizations (id),  -- none: an invitation to be vendor staff
  email TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL,                      -- administrator | member | agent | vendor_administrator
  kind TEXT NOT NULL,                      -- customer | vendor_staff | staff
  agent_level BIGINT,
  user_type TEXT NOT NULL DEFAULT '',
  membership_ends_at BIGINT,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  created_by TEXT,
  expires_at BIGINT NOT NULL,
  accepted_at BIGINT,
  accepted_by TEXT,
  revoked_at BIGINT
);
CREATE INDEX invitations_of_organization ON invitations (organization_id, created_at);

CREATE TABLE setup_links (
  id TEXT PRIMARY KEY,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE applications (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  origin TEXT NOT NULL,                    -- scheme://host[:port]
  header_set TEXT NOT NULL DEFAULT 'remote',   -- remote | x_auth_request | x_forwarded
  created_at BIGINT NOT NULL,
  created_by TEXT,
  removed_at BIGINT
);
CREATE UNIQUE INDEX applications_one_origin ON applications (origin) WHERE removed_at IS NULL;

CREATE TABLE signing_keys (
  id TEXT PRIMARY KEY,                     -- the kid
  purpose TEXT NOT NULL,                   -- assertion
  sealed_private_key TEXT NOT NULL,        -- under the key file, bound to this row
  public_key TEXT NOT NULL,                -- base64url of the uncompressed point
  created_at BIGINT NOT NULL,
  signs_from BIGINT NOT NULL,
  signs_until BIGINT NOT NULL,
  published_until BIGINT NOT NULL
);

-- One row: shows at start whether the key file belongs to this database.
CREATE TABLE key_checks (
  id TEXT PRIMARY KEY,
  check_value TEXT NOT NULL
);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,                    -- separated by spaces
  created_at BIGINT NOT NULL,
  created_by TEXT,
  ends_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_by TEXT,
  last_used_at BIGINT
);

-- The one object behind every way in. State follows from the instants; nothing returns from expired or revoked.
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                      -- support_token | temporary_credentials | partner
  organization_id TEXT REFERENCES organizations (id),  -- none while nobody has said which
  live_of TEXT UNIQUE,                     -- the place it holds while it is live: there is one of a kind at each
  mode TEXT NOT NULL,                      -- read_only | write
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL REFERENCES users (id),
  created_through TEXT,                    -- the API key that passed the act on
  answer_by BIGINT NOT NULL,               -- pending until then at the latest (A15)
  validity BIGINT,                         -- length from the activation on; none: no end of its own
  not_after BIGINT,                        -- the customer named a moment: it ends then at the latest
  activated_at BIGINT,
  ends_at BIGINT,
  disabled_at BIGINT,
  due_at BIGINT,                           -- when the clock ends it, if it does
  ended_at BIGINT,                         -- when it was revoked, or the moment at which its time was over
  ended_how TEXT,                          -- customer | agent | vendor | partner | expired | agent_removed
  ended_by TEXT,
  ended_by_name TEXT
);
CREATE INDEX grants_of_organization ON grants (organization_id, id);
-- Looked at each second for what is over: as large as what is live, however long the history.
CREATE INDEX grants_due ON grants (due_at) WHERE live_of IS NOT NULL;

CREATE TABLE support_tokens (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id),
  reference_code TEXT NOT NULL UNIQUE,
  customer_ticket TEXT NOT NULL DEFAULT '',
  ticket TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  agent_id TEXT REFERENCES users (id)
);
CREATE INDEX support_tokens_of_agent ON support_tokens (agent_id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                      -- own | application | acting | temporary
  user_id TEXT NOT NULL REFERENCES users (id),
  secret_hash TEXT NOT NULL UNIQUE,
  parent_id TEXT REFERENCES sessions (id),
  application_id TEXT REFERENCES applications (id),
  organization_id TEXT REFERENCES organizations (id),
  grant_id TEXT REFERENCES grants (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  idle_limit BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_how TEXT,                          -- signed_out | left | ended_by_owner | revoked | suspended | ...
  address TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_of_parent ON sessions (parent_id);
CREATE INDEX sessions_of_grant ON sessions (grant_id);

-- Carries a sign-in from our host to a product's host: one use, seconds.
CREATE TABLE handovers (
  secret_hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                      -- application | acting
  session_id TEXT NOT NULL REFERENCES sessions (id),
  application_id TEXT NOT NULL REFERENCES applications (id),
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  grant_id TEXT REFERENCES grants (id),
  return_to TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

-- Tries that failed, for each account and each source; counted before the check.
CREATE TABLE sign_in_failures (
  subject TEXT PRIMARY KEY,                -- account:<hash of the e-mail> | source:<hash of the address>
  failures BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_old ON sign_in_failures (last_at);

-- What acting sessions did, a line for each minute, method class and page.
CREATE TABLE activity (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  grant_id TEXT NOT NULL REFERENCES grants (id),
  organization_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  application_id TEXT NOT NULL,
  minute_at BIGINT NOT NULL,
  kind TEXT NOT NULL,                      -- read | change | refused
  path TEXT NOT NULL,
  requests BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (session_id, minute_at, kind, path)
);
CREATE INDEX activity_of_grant ON activity (grant_id, last_at);

-- Who did what, when, from where, with what outcome. Written in the transaction of the act; never changed.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,                      -- support_token.revoked
  outcome TEXT NOT NULL,                   -- done | refused
  actor_kind TEXT NOT NULL,                -- nobody | person | machine | system | operator
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL DEFAULT '',
  organization_id TEXT,
  grant_id TEXT,
  session_id TEXT,
  subject TEXT NOT NULL DEFAULT '',        -- what it was done to, by its id
  details TEXT NOT NULL DEFAULT '{}',      -- JSON object
  address TEXT NOT NULL DEFAULT '',
  request_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_of_organization ON audit (organization_id, id);
CREATE INDEX audit_of_grant ON audit (grant_id, id);
CREATE INDEX audit_of_actor ON audit (actor_id, at);

CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  next_try_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  sent_at BIGINT,
  given_up_at BIGINT
);
CREATE INDEX mails_to_send ON mails (next_try_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
