-- Has this been asked before, and what was answered?

CREATE TABLE idempotent_answers (
  key text PRIMARY KEY,
  -- Whose try it is.
  claim text NOT NULL,
  -- What was asked, and with which rights.
  digest text NOT NULL,
  -- As JSON. Null: somebody is at it. Kept as text: jsonb refuses \u0000.
  answer text,
  -- The end of the lease of who is at it, or of the answer's life.
  until_ms double precision NOT NULL
);

CREATE INDEX idempotent_answers_by_end ON idempotent_answers (until_ms);

-- Claims a key, or says what stands in the way: { outcome, answer }.
CREATE FUNCTION begin_idempotent(
  p_key text, p_claim text, p_digest text, p_now_ms double precision, p_lease_ms double precision,
  p_deadline_ms double precision
)
RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_known idempotent_answers%ROWTYPE;
BEGIN
  -- Some that are over, so that no job has to. This key's own row is left to what follows.
  DELETE FROM idempotent_answers WHERE key IN (
    SELECT a.key FROM idempotent_answers AS a
    WHERE a.until_ms <= p_now_ms - 3600000 AND a.key <> p_key
    ORDER BY a.until_ms
    LIMIT 8
    FOR UPDATE SKIP LOCKED
  );

  -- Of many at once one is the first; the others wait here, and then find its row and hold it.
  INSERT INTO idempotent_answers AS a (key, claim, digest, until_ms)
  VALUES (p_key, p_claim, p_digest, p_now_ms + p_lease_ms)
  ON CONFLICT (key) DO UPDATE SET
    claim = excluded.claim, digest = excluded.digest, answer = NULL, until_ms = excluded.until_ms
  WHERE a.until_ms <= p_now_ms;
  IF FOUND THEN
    -- Taken back where nobody waits for it: a claim without anybody would stand in the way until it ends.
    PERFORM in_time(p_deadline_ms);
    RETURN json_build_object('outcome', 'started');
  END IF;

  SELECT * INTO v_known FROM idempotent_answers WHERE key = p_key;
  IF v_known.digest <> p_digest THEN
    RETURN json_build_object('outcome', 'conflict');
  ELSIF v_known.answer IS NULL THEN
    RETURN json_build_object('outcome', 'running');
  END IF;
  RETURN json_build_object('outcome', 'replay', 'answer', v_known.answer);
END
$function$;
