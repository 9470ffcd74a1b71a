-- Where are API keys kept, and how does one get another secret?

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  name text NOT NULL,
  owner_id text NOT NULL,
  -- Lists of texts as JSON.
  roles text NOT NULL,
  scopes text NOT NULL,
  tier text,
  cidrs text NOT NULL,
  created_at_ms double precision NOT NULL,
  secret_since_ms double precision NOT NULL,
  expires_at_ms double precision NOT NULL,
  last_used_at_ms double precision,
  revoked_at_ms double precision,
  digest text NOT NULL,
  -- [{ digest, supersededAtMs, untilMs }], the latest last.
  former jsonb NOT NULL,
  -- Tells which of two of the same millisecond came first.
  added bigint GENERATED ALWAYS AS IDENTITY
);

CREATE INDEX api_keys_of_owner ON api_keys USING hash (owner_id);

-- Adds a key. Where its owner then has more than p_limit, dead ones go, the oldest first. False, and nothing changes:
-- too many good ones are left.
CREATE FUNCTION add_api_key(
  p_key jsonb, p_limit double precision, p_now_ms double precision, p_deadline_ms double precision
)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_owner_id text := p_key ->> 'owner_id';
  v_surplus double precision;
  v_dead text[];
BEGIN
  -- Keys of one owner are added one after the other, each seeing those before it.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'add_api_key works at READ COMMITTED, not at %', current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(v_owner_id, 7164002));
  PERFORM in_time(p_deadline_ms);

  SELECT count(*) + 1 - p_limit INTO v_surplus FROM api_keys WHERE owner_id = v_owner_id;
  IF v_surplus > 0 THEN
    v_dead := ARRAY(
      SELECT k.id FROM api_keys AS k
      WHERE k.owner_id = v_owner_id AND (k.revoked_at_ms IS NOT NULL OR k.expires_at_ms <= p_now_ms)
      ORDER BY k.created_at_ms, k.added
      LIMIT v_surplus::bigint
    );
    IF cardinality(v_dead) < v_surplus THEN
      RETURN false;
    END IF;
    DELETE FROM api_keys WHERE id = ANY (v_dead);
  END IF;

  INSERT INTO api_keys (
    id, name, owner_id, roles, scopes, tier, cidrs, created_at_ms, secret_since_ms, expires_at_ms, last_used_at_ms,
    revoked_at_ms, digest, former
  )
  SELECT
    r.id, r.name, r.owner_id, r.roles, r.scopes, r.tier, r.cidrs, r.created_at_ms, r.secret_since_ms, r.expires_at_ms,
    r.last_used_at_ms, r.revoked_at_ms, r.digest, r.former
  FROM jsonb_populate_record(NULL::api_keys, p_key) AS r;
  RETURN true;
END
$function$;

-- Gives a key another secret. Says the same as decideKeyRotation() in api-key-rotation.ts, in one step. The answer is
-- { outcome, key }: the key as it is afterwards.
CREATE FUNCTION rotate_api_key(
  p_id text, p_next_digest text, p_next_expires_at_ms double precision, p_overlap_until_ms double precision,
  p_now_ms double precision, p_most_former double precision, p_deadline_ms double precision
)
RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
  v_key api_keys%ROWTYPE;
  v_former jsonb;
BEGIN
  -- Of many at once each waits here for the one before, and counts its secret among the former ones.
  SELECT * INTO v_key FROM api_keys WHERE id = p_id FOR UPDATE;

  IF NOT FOUND OR NOT in_time(p_deadline_ms) THEN
    RETURN json_build_object('outcome', 'unknown');
  ELSIF v_key.revoked_at_ms IS NOT NULL THEN
    RETURN json_build_object('outcome', 'revoked');
  ELSIF p_now_ms >= v_key.expires_at_ms THEN
    RETURN json_build_object('outcome', 'expired');
  END IF;

  -- The current secret was good until the key expired; none outlives the last overlap.
  SELECT coalesce(jsonb_agg(jsonb_set(f.secret, '{untilMs}', to_jsonb(f.until_ms)) ORDER BY f.place), '[]')
  INTO v_former
  FROM (
    SELECT e.secret, e.place, least((e.secret ->> 'untilMs')::double precision, p_overlap_until_ms) AS until_ms
    FROM jsonb_array_elements(v_key.former || jsonb_build_object(
      'digest', v_key.digest, 'supersededAtMs', p_now_ms, 'untilMs', v_key.expires_at_ms
    )) WITH ORDINALITY AS e (secret, place)
  ) AS f
  WHERE f.until_ms > p_now_ms;

  IF jsonb_array_length(v_former) > p_most_former THEN
    RETURN json_build_object('outcome', 'too_many_former');
  END IF;

  UPDATE api_keys SET
    digest = p_next_digest,
    secret_since_ms = p_now_ms,
    expires_at_ms = p_next_expires_at_ms,
    former = v_former
  WHERE id = p_id
  RETURNING * INTO v_key;
  RETURN json_build_object('outcome', 'rotated', 'key', row_to_json(v_key));
END
$function$;
