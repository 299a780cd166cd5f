-- The second factor: keys of authenticator apps, passkeys, recovery codes, remembered devices; sign-ins that are half
-- done; links by mail; the lost device; logins for old interfaces; what a person asks for from inside.

ALTER TABLE users ADD COLUMN locked_at BIGINT;                 -- by its owner, from the link in a warning
ALTER TABLE users ADD COLUMN remembered_from BIGINT;           -- browsers remembered until then are asked for a code again
ALTER TABLE users ADD COLUMN must_set_up_at BIGINT;            -- the factor was reset: a new one at the next sign-in (C14)
ALTER TABLE users ADD COLUMN mailbox_proved_at BIGINT;         -- opened a link or typed a code that was mailed
ALTER TABLE users ADD COLUMN warned_at BIGINT;                 -- the last warning of half a sign-in (C11)

ALTER TABLE sessions ADD COLUMN factor TEXT NOT NULL DEFAULT '';  -- '' | totp | passkey | recovery_code | remembered | demo
ALTER TABLE sessions ADD COLUMN proved_at BIGINT;              -- the last full proof: password and, if there is one, factor (S20)

ALTER TABLE handovers ADD COLUMN way TEXT NOT NULL DEFAULT '';  -- hash of what only the browser that asked has

-- The key of an authenticator app. One is live for a person at most, one is being set up at most.
CREATE TABLE totp_keys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  live_of TEXT UNIQUE,                     -- the person, while confirmed and not removed
  pending_of TEXT UNIQUE,                  -- the person, while it waits for its first code
  pending_for TEXT NOT NULL DEFAULT '',    -- the session or the half sign-in that began it, and alone may confirm it
  sealed_key TEXT NOT NULL,                -- under the key file, bound to this row
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,              -- of what waits
  confirmed_at BIGINT,
  last_step BIGINT NOT NULL DEFAULT 0,     -- codes of this step and earlier ones were used (C10)
  failures BIGINT NOT NULL DEFAULT 0,      -- in a row, ever (S14)
  disabled_at BIGINT,                      -- too many failures
  removed_at BIGINT
);
CREATE INDEX totp_keys_of_user ON totp_keys (user_id);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  credential_id TEXT NOT NULL UNIQUE,      -- base64url
  credential TEXT NOT NULL,                -- public key, counter and flags, as JSON
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  removed_at BIGINT
);
CREATE INDEX passkeys_of_user ON passkeys (user_id);

-- A challenge that a browser answers once, in the session or half sign-in that asked for it.
CREATE TABLE passkey_ceremonies (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                      -- register | second_factor | sign_in
  user_id TEXT REFERENCES users (id),      -- none: whoever the passkey says (sign_in)
  asked_by TEXT NOT NULL,                  -- the session, the half sign-in, or the hash of the browser's cookie
  source TEXT NOT NULL,                    -- the hash of where the browser is: one source has so many at most
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passkey_ceremonies_over ON passkey_ceremonies (expires_at);
CREATE INDEX passkey_ceremonies_of_asker ON passkey_ceremonies (asked_by);
CREATE INDEX passkey_ceremonies_of_source ON passkey_ceremonies (source);

CREATE TABLE recovery_codes (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  code_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  removed_at BIGINT
);
CREATE INDEX recovery_codes_of_user ON recovery_codes (user_id);

CREATE TABLE remembered_devices (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  secret_hash TEXT NOT NULL,               -- another after each use
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,              -- from the creation, never later (C5)
  last_used_at BIGINT NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  forgotten_at BIGINT,
  forgotten_how TEXT
);
CREATE INDEX remembered_devices_of_user ON remembered_devices (user_id);

-- A sign-in whose password was right and that is no session yet.
CREATE TABLE sign_in_flows (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  secret_hash TEXT NOT NULL UNIQUE,
  replaces TEXT,                           -- the half sign-in that the same browser began before
  next TEXT NOT NULL,                      -- code | set_up
  password_hash TEXT NOT NULL,             -- hash of what the password was checked against: a changed one proves nothing
  mailed_code_hash TEXT,                   -- what proves the mailbox before a first factor is set up
  mailed_code_tries BIGINT NOT NULL DEFAULT 0,
  return_to TEXT NOT NULL DEFAULT '',
  rd TEXT NOT NULL DEFAULT '',
  way TEXT NOT NULL DEFAULT '',
  misses BIGINT NOT NULL DEFAULT 0,        -- codes that were wrong
  begun_in TEXT,                           -- the session that began it, where no password was typed
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_how TEXT,                          -- passed | replaced | failed | expired
  warned_at BIGINT,                        -- the person was told, or needs not be
  address TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sign_in_flows_of_user ON sign_in_flows (user_id);
CREATE INDEX sign_in_flows_to_warn_of ON sign_in_flows (expires_at) WHERE warned_at IS NULL;

-- Links by mail. One purpose each: at any other a link is unknown.
CREATE TABLE account_links (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,                   -- reset_password | change_email | undo_email | lock | stop_recovery
  user_id TEXT NOT NULL REFERENCES users (id),
  secret_hash TEXT NOT NULL UNIQUE,
  about TEXT NOT NULL DEFAULT '',          -- the address, or the request, that it is about
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  superseded_at BIGINT
);
CREATE INDEX account_links_of_user ON account_links (user_id, purpose);
CREATE INDEX account_links_kept_for ON account_links (about) WHERE purpose = 'undo_email';

-- A lost device (C14): a request, what agents checked, a wait, and the reset.
CREATE TABLE lost_device_requests (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  live_of TEXT UNIQUE,                     -- the person, while it is open
  reason TEXT NOT NULL,
  contact TEXT NOT NULL DEFAULT '',        -- how the person can be reached, as they say
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  approved_at BIGINT,                      -- by the second agent
  takes_effect_at BIGINT,
  ended_at BIGINT,
  ended_how TEXT,                          -- done | stopped | refused | expired | overtaken
  ended_by TEXT
);
CREATE INDEX lost_device_requests_of_user ON lost_device_requests (user_id);

CREATE TABLE lost_device_checks (
  request_id TEXT NOT NULL REFERENCES lost_device_requests (id),
  agent_id TEXT NOT NULL REFERENCES users (id),
  checked TEXT NOT NULL,                   -- what was checked, names separated by spaces
  note TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (request_id, agent_id)
);

-- Logins for old interfaces that cannot ask for a code (C15).
CREATE TABLE integration_logins (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  application_id TEXT NOT NULL REFERENCES applications (id),
  name TEXT NOT NULL,
  login TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  networks TEXT NOT NULL DEFAULT '',       -- separated by spaces; empty: from anywhere
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL REFERENCES users (id),
  ends_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_by TEXT,
  last_used_at BIGINT,
  last_address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX integration_logins_of_organization ON integration_logins (organization_id);

-- What a person asks for from inside, instead of by phone (C12).
CREATE TABLE authorized_requests (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  factor TEXT NOT NULL DEFAULT '',         -- how the person had proved who they are
  second_factor TEXT NOT NULL DEFAULT '',  -- 'on' if the person had one then
  created_at BIGINT NOT NULL,
  answered_at BIGINT,
  answered_by TEXT REFERENCES users (id),
  answer TEXT NOT NULL DEFAULT '',
  withdrawn_at BIGINT
);
CREATE INDEX authorized_requests_of_organization ON authorized_requests (organization_id, id);
CREATE INDEX authorized_requests_of_user ON authorized_requests (user_id, created_at);
CREATE INDEX authorized_requests_waiting ON authorized_requests (created_at) WHERE answered_at IS NULL AND withdrawn_at IS NULL;
