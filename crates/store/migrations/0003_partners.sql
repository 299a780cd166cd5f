-- Partners: organizations that work in other organizations, their clients. What is on offer, the tokens, who may enter.

ALTER TABLE organizations ADD COLUMN partner_since BIGINT;     -- the vendor registered it as a partner (B1)
ALTER TABLE organizations ADD COLUMN client_since BIGINT;      -- the vendor registered it as one that partners may work for

-- What a client can give to a partner: a closed list that the vendor keeps (B5).
CREATE TABLE permissions (
  key TEXT PRIMARY KEY,                    -- as the product is told it
  name TEXT NOT NULL,
  explanation TEXT NOT NULL,
  position BIGINT NOT NULL,
  removed_at BIGINT
);
INSERT INTO permissions (key, name, explanation, position) VALUES
  ('ticket_management', 'Ticket management', 'See all tickets of the account, answer and close them.', 1),
  ('server_management', 'Server management', 'Start, stop and configure the servers of the account.', 2),
  ('ticket_user', 'Ticket user', 'Open tickets and follow those of their own.', 3);

-- What a partner hands to a client, one row for each grant of that kind.
CREATE TABLE partner_tokens (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id),
  partner_id TEXT NOT NULL REFERENCES organizations (id),
  label TEXT NOT NULL DEFAULT '',          -- whom the partner means it for
  token_hash TEXT NOT NULL UNIQUE,
  sealed_token TEXT NOT NULL,              -- under the key file, bound to this row: it can be seen again (B2)
  authorized_by TEXT REFERENCES users (id),
  review_at BIGINT,                        -- when the client wants to look at it again (B15)
  end_chosen_at BIGINT,                    -- when its end was chosen: nothing that was due before is reminded of
  review_chosen_at BIGINT,                 -- the same of the review
  last_used_at BIGINT,                     -- when one of its people last entered
  deleted_at BIGINT                        -- gone from the partner's list, never from the history (B12)
);
CREATE INDEX partner_tokens_of_partner ON partner_tokens (partner_id);
CREATE INDEX partner_tokens_to_review ON partner_tokens (review_at) WHERE review_at IS NOT NULL;

-- What a client gave.
CREATE TABLE partner_permissions (
  grant_id TEXT NOT NULL REFERENCES grants (id),
  permission TEXT NOT NULL REFERENCES permissions (key),
  PRIMARY KEY (grant_id, permission)
);
CREATE INDEX partner_permissions_by_key ON partner_permissions (permission);

-- Which of the partner's people may enter. Bound to the place in the partner's organization: whoever leaves and comes
-- back has another one (B16).
CREATE TABLE partner_users (
  grant_id TEXT NOT NULL REFERENCES grants (id),
  membership_id TEXT NOT NULL REFERENCES memberships (id),
  authorized_at BIGINT NOT NULL,
  authorized_by TEXT NOT NULL REFERENCES users (id),
  last_used_at BIGINT,
  PRIMARY KEY (grant_id, membership_id)
);
CREATE INDEX partner_users_of_membership ON partner_users (membership_id);

-- What each of them was given. It counts only as far as the client still gives it.
CREATE TABLE partner_user_permissions (
  grant_id TEXT NOT NULL,
  membership_id TEXT NOT NULL,
  permission TEXT NOT NULL REFERENCES permissions (key),
  PRIMARY KEY (grant_id, membership_id, permission),
  FOREIGN KEY (grant_id, membership_id) REFERENCES partner_users (grant_id, membership_id)
);
CREATE INDEX partner_user_permissions_by_key ON partner_user_permissions (permission);

-- Reminders that were sent, so that each is sent once.
CREATE TABLE partner_reminders (
  grant_id TEXT NOT NULL REFERENCES grants (id),
  about TEXT NOT NULL,                     -- end | review
  moment BIGINT NOT NULL,                  -- the end or the review itself: another one is reminded of anew
  days BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (grant_id, about, moment, days)
);

-- Which requests of a partner's people to a product need which permission.
CREATE TABLE application_rules (
  application_id TEXT NOT NULL REFERENCES applications (id),
  position BIGINT NOT NULL,
  method TEXT NOT NULL,                    -- any | changes | GET | POST | PUT | PATCH | DELETE
  path TEXT NOT NULL,                      -- how the path begins
  permission TEXT NOT NULL REFERENCES permissions (key),
  PRIMARY KEY (application_id, position)
);
