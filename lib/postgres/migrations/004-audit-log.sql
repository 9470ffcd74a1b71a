-- What happened, in an order that nobody can change unseen.

CREATE TABLE audit_log (
  -- As far as a number in JavaScript is exact.
  seq bigint PRIMARY KEY CHECK (seq BETWEEN 1 AND 9007199254740991),
  -- The event's own, made by the process it happened in: two alike are still two.
  id text NOT NULL,
  time_ms double precision NOT NULL,
  kind text NOT NULL,
  level text NOT NULL,
  -- The whole event: one line of JSON, with secrets redacted. Kept as text, for the hash is of exactly this.
  event text NOT NULL,
  -- Of this row and of the hash before it: hash-chain.ts.
  hash text NOT NULL
);

CREATE INDEX audit_log_by_time ON audit_log (time_ms);

-- Rows are added and never touched again. The owner of the table can switch this off; verifyAuditChain() shows it.
CREATE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only: no %', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$function$;

CREATE TRIGGER audit_log_is_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
-- Also where session_replication_role is 'replica'.
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_is_append_only;

-- Appends rows that were chained to the head that the caller knows. The answer is { appended, holds, seq, hash }:
-- appended: they are in the log, by this call or by an earlier one whose answer was lost;
-- holds: the head that the caller knows is still part of the log. False: somebody took rows away, or put others there;
-- seq, hash: the last row now, to chain the next ones to.
CREATE FUNCTION append_audit(p_head_seq bigint, p_head_hash text, p_rows jsonb)
RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_last jsonb := p_rows -> -1;
  v_seq bigint;
  v_hash text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'append_audit works at READ COMMITTED, not at %', current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- One writer at a time, each seeing the last row of the one before.
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema(), 7164003));

  SELECT a.seq, a.hash INTO v_seq, v_hash FROM audit_log AS a ORDER BY a.seq DESC LIMIT 1;
  IF NOT FOUND THEN
    v_seq := 0;
    v_hash := repeat('0', 64);
  END IF;

  IF v_seq = p_head_seq AND v_hash = p_head_hash THEN
    INSERT INTO audit_log (seq, id, time_ms, kind, level, event, hash)
    SELECT r.seq, r.id, r.time_ms, r.kind, r.level, r.event, r.hash
    FROM jsonb_populate_recordset(NULL::audit_log, p_rows) AS r;
    RETURN json_build_object('appended', true, 'holds', true, 'seq', v_last -> 'seq', 'hash', v_last -> 'hash');
  END IF;

  RETURN json_build_object(
    'appended', EXISTS (
      SELECT FROM audit_log AS a WHERE a.seq = (v_last ->> 'seq')::bigint AND a.hash = v_last ->> 'hash'
    ),
    'holds', p_head_seq = 0 OR EXISTS (SELECT FROM audit_log AS a WHERE a.seq = p_head_seq AND a.hash = p_head_hash),
    'seq', v_seq,
    'hash', v_hash
  );
END
$function$;
