-- Where are logins kept, and what becomes of one when a refresh token is presented?

-- Nobody waits any more for what comes after its deadline (a pool's queue, a lock, a server that hung): it must not happen.
-- In milliseconds, by this server's clock. Null: whenever it may be.
CREATE FUNCTION in_time(p_deadline_ms double precision)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
  IF extract(epoch FROM clock_timestamp()) * 1000 > p_deadline_ms THEN
    RAISE EXCEPTION 'asked too late' USING ERRCODE = 'BW001';
  END IF;
  RETURN true;
END
$function$;

CREATE TABLE sessions (
  id text PRIMARY KEY,
  subject_id text NOT NULL,
  -- The login as JSON. Kept as text: jsonb refuses \u0000.
  subject text NOT NULL,
  device text,
  -- Times are milliseconds since the epoch, as the library counts them: to_timestamp(created_at_ms / 1000).
  created_at_ms double precision NOT NULL,
  last_used_at_ms double precision NOT NULL,
  expires_at_ms double precision NOT NULL,
  absolute_expires_at_ms double precision NOT NULL,
  -- Empty: a spent token came again, and the session is good for nothing. It stays until it is removed.
  current_digest text NOT NULL,
  previous_digest text,
  previous_sealed_next text,
  previous_fingerprint text,
  previous_rotated_at_ms double precision,
  -- Tells which of two of the same millisecond came first.
  opened bigint GENERATED ALWAYS AS IDENTITY
);

-- Hash: a subject's id may be longer than a btree takes.
CREATE INDEX sessions_of_subject ON sessions USING hash (subject_id);
CREATE INDEX sessions_by_end ON sessions (expires_at_ms);

-- Adds a session. Where its subject then has more than p_limit, the longest unused go; answers their ids.
CREATE FUNCTION open_session(
  p_session jsonb, p_limit double precision, p_now_ms double precision, p_deadline_ms double precision
)
RETURNS SETOF text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_id text := p_session ->> 'id';
  v_subject_id text := p_session ->> 'subject_id';
BEGIN
  -- Logins of one subject come one after the other. What follows must see what the one before did: at a stricter level of
  -- isolation it would see the time before the wait.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'open_session works at READ COMMITTED, not at %', current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(v_subject_id, 7164001));
  PERFORM in_time(p_deadline_ms);

  INSERT INTO sessions (
    id, subject_id, subject, device, created_at_ms, last_used_at_ms, expires_at_ms, absolute_expires_at_ms,
    current_digest, previous_digest, previous_sealed_next, previous_fingerprint, previous_rotated_at_ms
  )
  SELECT
    r.id, r.subject_id, r.subject, r.device, r.created_at_ms, r.last_used_at_ms, r.expires_at_ms,
    r.absolute_expires_at_ms, r.current_digest, r.previous_digest, r.previous_sealed_next, r.previous_fingerprint,
    r.previous_rotated_at_ms
  FROM jsonb_populate_record(NULL::sessions, p_session) AS r;

  -- Those that are over take nobody's place.
  DELETE FROM sessions WHERE subject_id = v_subject_id AND expires_at_ms <= p_now_ms;

  RETURN QUERY
    DELETE FROM sessions WHERE id IN (
      SELECT s.id FROM sessions AS s
      WHERE s.subject_id = v_subject_id AND s.id <> v_id AND s.current_digest <> ''
      ORDER BY s.last_used_at_ms DESC, s.opened DESC
      OFFSET greatest(p_limit - 1, 0)::bigint
    )
    RETURNING id;

  -- Somebody else's that ended long ago: a few with every login, so that no job has to. A day's grace, for a process
  -- whose clock is ahead must not end what others still honour.
  DELETE FROM sessions WHERE id IN (
    SELECT s.id FROM sessions AS s
    WHERE s.expires_at_ms <= p_now_ms - 86400000
    ORDER BY s.expires_at_ms
    LIMIT 8
    FOR UPDATE SKIP LOCKED
  );
END
$function$;

-- A refresh token is presented. Says the same as decideRotation() in session-rotation.ts, in one step.
CREATE FUNCTION rotate_session(
  p_id text, p_presented_digest text, p_next_digest text, p_sealed_next text, p_fingerprint text,
  p_now_ms double precision, p_grace_ms double precision, p_idle_ms double precision,
  -- Whether the grace goes by this server's clock. The caller's stands still while a call waits, or in tests.
  p_by_server boolean, p_deadline_ms double precision,
  OUT outcome text, OUT sealed_next text, OUT subject_id text
)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_session sessions%ROWTYPE;
  v_moment_ms double precision := p_now_ms;
BEGIN
  -- Of many at once one comes through; the others wait here and then find what it left.
  SELECT * INTO v_session FROM sessions WHERE id = p_id FOR UPDATE;
  -- In an expression, so that it leaves FOUND alone.
  IF in_time(p_deadline_ms) AND p_by_server THEN
    v_moment_ms := extract(epoch FROM clock_timestamp()) * 1000;
  END IF;

  IF NOT FOUND THEN
    outcome := 'unknown';
  ELSIF p_now_ms >= v_session.expires_at_ms THEN
    DELETE FROM sessions WHERE id = p_id;
    outcome := 'expired';
  ELSIF v_session.current_digest = '' THEN
    outcome := 'reused';
    subject_id := v_session.subject_id;
  ELSIF p_presented_digest = v_session.current_digest THEN
    UPDATE sessions SET
      last_used_at_ms = greatest(last_used_at_ms, p_now_ms),
      expires_at_ms = least(p_now_ms + p_idle_ms, absolute_expires_at_ms),
      current_digest = p_next_digest,
      previous_digest = p_presented_digest,
      previous_sealed_next = p_sealed_next,
      previous_fingerprint = p_fingerprint,
      previous_rotated_at_ms = v_moment_ms
    WHERE id = p_id;
    outcome := 'rotated';
  -- The same client, soon after, with the token just before: its answer was lost on the way (FAPI 2.0 §5.3.2.1).
  ELSIF p_presented_digest = v_session.previous_digest
    AND p_fingerprint = v_session.previous_fingerprint
    AND p_grace_ms > 0
    AND abs(v_moment_ms - v_session.previous_rotated_at_ms) <= p_grace_ms
  THEN
    outcome := 'repeated';
    sealed_next := v_session.previous_sealed_next;
  -- RFC 9700 §4.14.2: a spent token comes again, so two parties have it.
  -- It stays: who asks again, because the answer was lost, is told the same.
  ELSE
    UPDATE sessions SET current_digest = '' WHERE id = p_id;
    outcome := 'reused';
    subject_id := v_session.subject_id;
  END IF;
END
$function$;
