-- Which tokens are good no more, although they have not expired?

CREATE TABLE denials (
  -- token, session or subject
  kind text NOT NULL,
  id text NOT NULL,
  -- Of a subject: tokens with a smaller stamp are refused. Compared byte by byte.
  before text COLLATE "C",
  except_session text,
  until_ms double precision NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE INDEX denials_by_end ON denials (until_ms);

-- Adds denials, all or none. Of two for one id the later end counts; for a subject the greater "before", whole.
CREATE FUNCTION deny(p_denials jsonb, p_now_ms double precision)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
  -- In the order of their ids, so that no two that come at once wait for each other.
  INSERT INTO denials AS d (kind, id, before, except_session, until_ms)
  SELECT DISTINCT ON (r.kind, r.id) r.kind, r.id, r.before, r.except_session, r.until_ms
  FROM jsonb_populate_recordset(NULL::denials, p_denials) AS r
  ORDER BY r.kind, r.id, r.before DESC NULLS LAST, r.until_ms DESC
  ON CONFLICT (kind, id) DO UPDATE SET
    before = excluded.before, except_session = excluded.except_session, until_ms = excluded.until_ms
  WHERE CASE WHEN d.kind = 'subject' THEN excluded.before > d.before ELSE excluded.until_ms > d.until_ms END;

  -- Some that ended an hour ago, so that no job has to. Not at once: another process's clock may be behind.
  DELETE FROM denials WHERE (kind, id) IN (
    SELECT e.kind, e.id FROM denials AS e
    WHERE e.until_ms <= p_now_ms - 3600000
    ORDER BY e.until_ms
    LIMIT 32
    FOR UPDATE SKIP LOCKED
  );
END
$function$;
