/** Which kinds of events are there? As a list, to check the options of people who pick some. */

import type { SecurityEvent } from './events.js';

export type SecurityEventKind = SecurityEvent['kind'];

/** A record, so that the compiler misses a kind that nobody wrote down. */
const KINDS: Readonly<Record<SecurityEventKind, true>> = {
  access_allowed: true,
  access_refused: true,
  credential_refused: true,
  rate_limited: true,
  edge_refused: true,
  input_refused: true,
  route_unknown: true,
  ownership_bypassed: true,
  flow_judged: true,
  answer_replayed: true,
  credential_stuffing: true,
  second_factor_changed: true,
  breach_check_failed: true,
  refresh_reuse: true,
  session_ended: true,
  token_issued: true,
  api_key_changed: true,
  api_key_superseded: true,
  webhook_delivered: true,
  webhook_failed: true,
  repeated_refusal: true,
  upstream_failed: true,
  deprecated_called: true,
  store_outage: true,
  store_recovered: true,
  store_bypassed: true,
  server_failed: true,
  connection_closed: true,
  app: true,
};

export const EVENT_KINDS = Object.freeze(Object.keys(KINDS)) as readonly SecurityEventKind[];
