-- Where are second factors kept? One row per user, so that each step is one conditional statement on one row.

CREATE TABLE second_factors (
  user_id text PRIMARY KEY,
  -- The authenticator in force, its secret encrypted by the app.
  authenticator_id text,
  sealed text,
  -- The step of the last code that was accepted.
  last_step double precision,
  -- Digests of the recovery codes that are left.
  recovery text[] NOT NULL DEFAULT '{}',
  -- The enrolment that waits for its first code.
  pending_id text,
  pending_sealed text,
  pending_replaces text,
  pending_expires_at_ms double precision,
  attempts double precision NOT NULL DEFAULT 0,
  -- When the first of them was made.
  attempts_since_ms double precision
);

-- Logins that have passed their first factor, by the digest of their token.
CREATE TABLE mfa_challenges (
  digest text PRIMARY KEY,
  user_id text NOT NULL,
  -- Whom the login is for, as JSON.
  subject text NOT NULL,
  expires_at_ms double precision NOT NULL,
  attempts double precision NOT NULL,
  -- Below zero: one was tried that was not left.
  attempts_left double precision NOT NULL
);

CREATE INDEX mfa_challenges_by_end ON mfa_challenges (expires_at_ms);
