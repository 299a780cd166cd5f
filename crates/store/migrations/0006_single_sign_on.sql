-- Single sign-on: the people of an organization sign in at its own provider, by OpenID Connect.

ALTER TABLE sessions ADD COLUMN single_sign_on_of TEXT;        -- the organization whose provider opened it
ALTER TABLE sign_in_flows ADD COLUMN connects TEXT;            -- the errand whose account at a provider is to be connected

-- Kinds of users of an organization that sign in elsewhere.
CREATE TABLE managed_user_types (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_type TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  PRIMARY KEY (organization_id, user_type)
);

CREATE TABLE single_sign_on_connections (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL,
  live_id TEXT,                            -- the settings that people sign in with; none while it is off
  created_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE INDEX single_sign_on_connections_of_organization ON single_sign_on_connections (organization_id);

-- How a provider is spoken to. Never changed: other settings are another row.
CREATE TABLE single_sign_on_settings (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES single_sign_on_connections (id),
  issuer TEXT NOT NULL,
  client_id TEXT NOT NULL,
  sealed_secret TEXT NOT NULL,             -- under the key file, bound to this row
  user_types TEXT NOT NULL,                -- groups, separated by spaces
  new_people TEXT NOT NULL DEFAULT '',     -- the user type of accounts that are made at the first sign-in
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL REFERENCES users (id),
  tested_at BIGINT,
  tested_by TEXT REFERENCES users (id),
  claims TEXT NOT NULL DEFAULT '[]',       -- what came back in the test: JSON, pairs of name and value
  document TEXT NOT NULL,                  -- what the provider says of itself: JSON
  document_at BIGINT NOT NULL,
  keys TEXT NOT NULL DEFAULT '',           -- its keys: JSON
  keys_at BIGINT NOT NULL DEFAULT 0,        -- when these keys were read
  keys_asked_at BIGINT NOT NULL DEFAULT 0, -- when they were asked for last because of a key that is not among them
  failed_at BIGINT NOT NULL DEFAULT 0      -- when it could not be reached last
);
CREATE INDEX single_sign_on_settings_of_connection ON single_sign_on_settings (connection_id, id);

CREATE TABLE single_sign_on_domains (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  domain TEXT NOT NULL,
  owned TEXT UNIQUE,                       -- the domain once it is proved: of one organization at most
  token TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  proved_at BIGINT,
  proved_how TEXT,                         -- file | vendor
  proved_by TEXT REFERENCES users (id),
  UNIQUE (organization_id, domain)
);

-- A browser that is on its way to a provider and back.
CREATE TABLE single_sign_on_errands (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,                   -- sign_in | test
  connection_id TEXT NOT NULL REFERENCES single_sign_on_connections (id),
  settings_id TEXT NOT NULL REFERENCES single_sign_on_settings (id),
  secret_hash TEXT NOT NULL UNIQUE,        -- of the browser's cookie
  asked_by TEXT NOT NULL DEFAULT '',       -- the session that tries the settings
  source TEXT NOT NULL,                    -- hash of where the browser is: one source has so many at most
  return_to TEXT NOT NULL DEFAULT '',
  rd TEXT NOT NULL DEFAULT '',
  way TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,                          -- the browser came back
  subject TEXT,                            -- whom the provider named, while the account here waits for its owner
  provider_session TEXT,
  email TEXT,
  connected_at BIGINT
);
CREATE INDEX single_sign_on_errands_over ON single_sign_on_errands (expires_at);
CREATE INDEX single_sign_on_errands_of_source ON single_sign_on_errands (source);

-- Who is who: the provider's issuer and its name for the person. Never the address.
CREATE TABLE single_sign_on_identities (
  id TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES single_sign_on_connections (id),
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  UNIQUE (connection_id, issuer, subject),
  UNIQUE (connection_id, issuer, user_id)
);
CREATE INDEX single_sign_on_identities_of_user ON single_sign_on_identities (user_id);

-- Which sessions the provider can end.
CREATE TABLE single_sign_on_sessions (
  session_id TEXT PRIMARY KEY REFERENCES sessions (id),
  connection_id TEXT NOT NULL REFERENCES single_sign_on_connections (id),
  subject TEXT NOT NULL,
  provider_session TEXT
);
CREATE INDEX single_sign_on_sessions_of_subject ON single_sign_on_sessions (connection_id, subject);

-- What providers told of people who signed out there. Each word counts once.
CREATE TABLE single_sign_on_logouts (
  connection_id TEXT NOT NULL REFERENCES single_sign_on_connections (id),
  token_id TEXT NOT NULL,
  subject TEXT,
  provider_session TEXT,
  at BIGINT NOT NULL,
  kept_until BIGINT NOT NULL,
  PRIMARY KEY (connection_id, token_id)
);
