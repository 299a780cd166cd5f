-- Logins that belong to no person and end by themselves.

-- One row for each pair; its state is that of its grant.
CREATE TABLE temporary_credentials (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id),
  user_id TEXT NOT NULL UNIQUE REFERENCES users (id),  -- the stand-in
  email TEXT NOT NULL UNIQUE,              -- of the domain that no person has an address of
  password_hash TEXT NOT NULL,             -- PHC string; here and not with the users, so that no sign-in of a person finds it
  agent_required_at BIGINT,                -- they work only together with a signed-in agent (D6)
  first_used_at BIGINT,
  last_used_at BIGINT
);
