-- What was used once, and may not be used again before it expires by itself?

CREATE TABLE spent_ids (
  -- What it is an id of: nonce, ticket.
  kind text NOT NULL,
  id text NOT NULL,
  until_ms double precision NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE INDEX spent_ids_by_end ON spent_ids (until_ms);
