-- How strictly the people of an organization must prove who they are, and the codes with which an agent vouches for one.

-- What was decided for one group of an organization's people. No row: each person decides.
CREATE TABLE mfa_levels (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  user_group TEXT NOT NULL,                -- practitioners | clients | employees
  level TEXT NOT NULL,                     -- upon_request | suggested | mandatory
  managed_by TEXT NOT NULL DEFAULT '',     -- the single sign-on by which these people come, if they do (E4)
  PRIMARY KEY (organization_id, user_group)
);

-- Each save makes the next version, so that of two agents who save at once the second sees what the first did.
CREATE TABLE mfa_policies (
  organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
  version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT                          -- none: the single sign-on was set up
);

-- A code that an agent tells somebody, once they know who it is: it stands for the mailbox at the set-up.
CREATE TABLE set_up_codes (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  code_hash TEXT NOT NULL,                 -- Argon2id
  tries BIGINT NOT NULL DEFAULT 0,
  made_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  replaced_at BIGINT
);
CREATE INDEX set_up_codes_of_user ON set_up_codes (user_id);

-- The person showed in this half sign-in that it is they: by a code from their mailbox, or by one of an agent.
ALTER TABLE sign_in_flows ADD COLUMN vouched_at BIGINT;
