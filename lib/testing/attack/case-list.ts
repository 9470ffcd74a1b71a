/** THE LIST: everything that is tried, in this order. What is wrong for good comes before what uses something up. */

import type { AnyCase } from './attack-case.js';
import { ACCESS_CASES } from './cases/access.cases.js';
import { API_KEY_CASES } from './cases/api-key.cases.js';
import { ANSWER_CASES } from './cases/answer.cases.js';
import { ANSWER_COOKIE_CASES } from './cases/answer-cookies.cases.js';
import { ANSWER_FIELD_CASES } from './cases/answer-fields.cases.js';
import { ANSWER_HEADER_CASES } from './cases/answer-headers.cases.js';
import { ANSWER_SECRET_CASES } from './cases/answer-secrets.cases.js';
import { BASELINE_CASES } from './cases/baseline.cases.js';
import { CORS_CASES } from './cases/cors.cases.js';
import { EXPOSURE_CASES } from './cases/exposure.cases.js';
import { GRAPHQL_COST_CASES } from './cases/graphql-cost.cases.js';
import { GRAPHQL_FIELD_CASES } from './cases/graphql-fields.cases.js';
import { GRAPHQL_REQUEST_CASES } from './cases/graphql-request.cases.js';
import { GRAPHQL_SIZE_CASES } from './cases/graphql-size.cases.js';
import { HOST_CASES } from './cases/host.cases.js';
import { LIFECYCLE_CASES } from './cases/lifecycle.cases.js';
import { METHOD_CASES } from './cases/method.cases.js';
import { CONTROL_CASES } from './cases/control.cases.js';
import { CREDENTIAL_CASES } from './cases/credential.cases.js';
import { OBJECT_CASES } from './cases/object.cases.js';
import { OBJECT_LIST_CASES } from './cases/object-list.cases.js';
import { ROLE_CASES } from './cases/role.cases.js';
import { SIGNATURE_CASES } from './cases/signature.cases.js';
import { TOKEN_ALGORITHM_CASES } from './cases/token-algorithms.cases.js';
import { TOKEN_CLAIM_CASES } from './cases/token-claims.cases.js';
import { TOKEN_KEY_CASES } from './cases/token-keys.cases.js';
import { TOKEN_LIFE_CASES } from './cases/token-life.cases.js';
import { BODY_CASES } from './cases/body.cases.js';
import { FIELD_CASES } from './cases/field.cases.js';
import { FLOW_CASES } from './cases/flow.cases.js';
import { ID_CASES } from './cases/id.cases.js';
import { LIMIT_CASES } from './cases/limit.cases.js';
import { LOGIN_CASES } from './cases/login.cases.js';
import { QUERY_CASES } from './cases/query.cases.js';
import { SSRF_CASES } from './cases/ssrf.cases.js';
import { UPSTREAM_CASES } from './cases/upstream.cases.js';

export const ALL_CASES: readonly AnyCase[] = Object.freeze([
  ...CONTROL_CASES,
  ...BASELINE_CASES,
  ...EXPOSURE_CASES,
  ...METHOD_CASES,
  ...HOST_CASES,
  ...CORS_CASES,
  ...LIFECYCLE_CASES,
  ...GRAPHQL_SIZE_CASES,
  ...GRAPHQL_COST_CASES,
  ...GRAPHQL_REQUEST_CASES,
  ...GRAPHQL_FIELD_CASES,
  ...ANSWER_FIELD_CASES,
  ...ANSWER_CASES,
  ...ANSWER_HEADER_CASES,
  ...ANSWER_COOKIE_CASES,
  ...ANSWER_SECRET_CASES,
  ...CREDENTIAL_CASES,
  ...TOKEN_CLAIM_CASES,
  ...TOKEN_ALGORITHM_CASES,
  ...TOKEN_KEY_CASES,
  ...TOKEN_LIFE_CASES,
  ...API_KEY_CASES,
  ...SIGNATURE_CASES,
  ...ROLE_CASES,
  ...ACCESS_CASES,
  ...OBJECT_CASES,
  ...OBJECT_LIST_CASES,
  ...FIELD_CASES,
  ...BODY_CASES,
  ...QUERY_CASES,
  ...ID_CASES,
  ...SSRF_CASES,
  ...UPSTREAM_CASES,
  ...LOGIN_CASES,
  ...FLOW_CASES,
  ...LIMIT_CASES,
]);
