/** How is each step of a second factor one statement? All that is known of a user stands in one row. */

/**
 * A window of attempts that is over. A clock that is a little behind counts in the one that is there: were it to begin anew,
 * two processes would forgive each other's attempts. One that was set back by more starts a new one rather than a longer one.
 */
const NEW_WINDOW = '(f.attempts_since_ms IS NULL OR abs($4 - f.attempts_since_ms) >= $3)';

/**
 * A conditional UPDATE that comes second waits for the first one's row, looks at its conditions again, and finds them
 * not fulfilled: so each claim comes through once (Postgres documentation §13.2.1, Read Committed). `in_time()` takes the
 * deadline, always the last parameter.
 */
export const mfaStatements = (schema: string) => ({
  setPending: `INSERT INTO ${schema}.second_factors
      (user_id, pending_id, pending_sealed, pending_replaces, pending_expires_at_ms)
    SELECT $1::text, $2::text, $3::text, $4::text, $5::double precision WHERE ${schema}.in_time($6)
    ON CONFLICT (user_id) DO UPDATE SET
      pending_id = excluded.pending_id,
      pending_sealed = excluded.pending_sealed,
      pending_replaces = excluded.pending_replaces,
      pending_expires_at_ms = excluded.pending_expires_at_ms`,

  pending: `SELECT pg_catalog.row_to_json(f)::text AS answer FROM ${schema}.second_factors AS f
    WHERE f.user_id = $1 AND f.pending_id IS NOT NULL`,

  // What is in force must be what the enrolment replaces; both may be nothing.
  confirm: `UPDATE ${schema}.second_factors SET
      authenticator_id = pending_id,
      sealed = pending_sealed,
      last_step = $3,
      recovery = ARRAY(SELECT pg_catalog.jsonb_array_elements_text($4::text::jsonb)),
      pending_id = NULL, pending_sealed = NULL, pending_replaces = NULL, pending_expires_at_ms = NULL
    WHERE user_id = $1 AND pending_id = $2 AND pending_expires_at_ms > $5
      AND pending_replaces IS NOT DISTINCT FROM authenticator_id AND ${schema}.in_time($6)
    RETURNING user_id`,

  find: `SELECT authenticator_id AS id, sealed FROM ${schema}.second_factors
    WHERE user_id = $1 AND authenticator_id IS NOT NULL`,

  reseal: `UPDATE ${schema}.second_factors SET sealed = $3 WHERE user_id = $1 AND authenticator_id = $2`,

  claimStep: `UPDATE ${schema}.second_factors SET last_step = $3
    WHERE user_id = $1 AND authenticator_id = $2 AND last_step < $3 AND ${schema}.in_time($4) RETURNING user_id`,

  setRecoveryCodes: `UPDATE ${schema}.second_factors
    SET recovery = ARRAY(SELECT pg_catalog.jsonb_array_elements_text($2::text::jsonb))
    WHERE user_id = $1 AND authenticator_id IS NOT NULL AND ${schema}.in_time($3) RETURNING user_id`,

  claimRecoveryCode: `UPDATE ${schema}.second_factors SET recovery = pg_catalog.array_remove(recovery, $2::text)
    WHERE user_id = $1 AND $2::text = ANY (recovery) AND ${schema}.in_time($3) RETURNING user_id`,

  // Counted to one more than the limit: that one, and every one after it, was too many.
  countAttempt: `INSERT INTO ${schema}.second_factors AS f (user_id, attempts, attempts_since_ms)
    SELECT $1::text, 1, $4::double precision WHERE ${schema}.in_time($5)
    ON CONFLICT (user_id) DO UPDATE SET
      attempts = CASE WHEN ${NEW_WINDOW} THEN 1
        ELSE least(f.attempts + 1, $2::double precision + 1) END,
      attempts_since_ms = CASE WHEN ${NEW_WINDOW} THEN $4 ELSE f.attempts_since_ms END
    RETURNING pg_catalog.json_build_object('attempts', f.attempts, 'sinceMs', f.attempts_since_ms)::text AS answer`,

  clearAttempts: `UPDATE ${schema}.second_factors SET attempts = 0, attempts_since_ms = NULL WHERE user_id = $1`,

  // Later it would take away what was enrolled meanwhile.
  remove: `DELETE FROM ${schema}.second_factors WHERE user_id = $1 AND ${schema}.in_time($2)`,

  // A few that ended a day before this one will: no job has to.
  addChallenge: `WITH swept AS (
      DELETE FROM ${schema}.mfa_challenges WHERE digest IN (
        SELECT c.digest FROM ${schema}.mfa_challenges AS c
        WHERE c.expires_at_ms < $4::double precision - 86400000
        ORDER BY c.expires_at_ms LIMIT 8 FOR UPDATE SKIP LOCKED
      )
    )
    INSERT INTO ${schema}.mfa_challenges (digest, user_id, subject, expires_at_ms, attempts, attempts_left)
    VALUES ($1, $2, $3, $4::double precision, $5::double precision, $5::double precision)
    ON CONFLICT (digest) DO UPDATE SET
      user_id = excluded.user_id, subject = excluded.subject, expires_at_ms = excluded.expires_at_ms,
      attempts = excluded.attempts, attempts_left = excluded.attempts_left`,

  tryChallenge: `UPDATE ${schema}.mfa_challenges AS c SET attempts_left = greatest(attempts_left - 1, -1)
    WHERE c.digest = $1 AND c.expires_at_ms > $2 AND ${schema}.in_time($3) RETURNING pg_catalog.row_to_json(c)::text AS answer`,

  claimChallenge: `DELETE FROM ${schema}.mfa_challenges AS c WHERE c.digest = $1 AND ${schema}.in_time($2)
    RETURNING pg_catalog.row_to_json(c)::text AS answer`,
});
