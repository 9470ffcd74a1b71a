/** Is a token refused that is good in itself, but not here, or not any more? */

import { SessionKeeper } from '../../../authentication/sessions/session-keeper.js';
import { TokenService } from '../../../authentication/jwt/token.service.js';
import { TokenVerifier } from '../../../authentication/jwt/token-verifier.js';
import { withToken } from '../callers/actor.js';
import type { AttackCase } from '../attack-case.js';
import type { Outcome } from '../attack-report.js';
import { asksForCaller, callerBy, refusesCredentials } from '../callers/guarded.js';
import type { Target } from '../target.js';
import { Untried } from '../untried.js';

const refresh: AttackCase = {
  on: 'endpoint',
  id: 'token/refresh-as-access',
  title: 'A refresh token opens nothing',
  severity: 'high',
  answers: ['API2:2023', 'ASVS-9.2.2'],
  applies: (target) => asksForCaller(target, 'jwt') && target.site.app.get(SessionKeeper, { strict: false }).isOn,
  run: refusesRefreshToken,
};

async function refusesRefreshToken(target: Target): Promise<Outcome> {
  const { app, forge } = target.site;
  const holder = await callerBy(target, 'jwt');
  const { subject, name } = holder;
  if (subject === undefined) throw new Untried(`nobody told whose token that of ${name} is`);
  forge.assertSigns();
  const tokens = app.get(TokenService, { strict: false });
  const { refreshToken = '' } = await tokens.issue(subject, { session: true, device: 'attack kit' });
  try {
    return await refusesCredentials(target, [
      ['a refresh token', { as: withToken(holder, `${name}, a refresh token`, refreshToken) }],
    ]);
  } finally {
    await tokens.revoke(refreshToken);
  }
}

const revoked: AttackCase = {
  on: 'endpoint',
  id: 'token/revoked',
  title: 'A token that was revoked is refused from then on',
  severity: 'high',
  answers: ['API2:2023', 'ASVS-7.4.1'],
  applies: (target) => asksForCaller(target, 'jwt'),
  run: refusesRevoked,
};

async function refusesRevoked(target: Target): Promise<Outcome> {
  const { app, forge } = target.site;
  const holder = await callerBy(target, 'jwt');
  const { subject, name } = holder;
  if (subject === undefined) throw new Untried(`nobody told whose token that of ${name} is`);
  const token = await forge.issue(subject);
  // Before the call, which may be a logout itself.
  const principal = await app.get(TokenVerifier, { strict: false }).verify(token);
  if (principal.credentialId === undefined && principal.sessionId === undefined) {
    throw new Untried(`nothing names the token of ${name} (jti, sid), so it cannot be revoked alone`);
  }
  // It is used once, so that whoever remembers tokens remembers this one. Nothing has to come of that call.
  await target.call({ as: withToken(holder, name, token, subject), parts: await target.missingParts() });
  await app.get(TokenService, { strict: false }).revoke(principal);
  return refusesCredentials(target, [['it was revoked', { as: withToken(holder, `${name}, revoked`, token) }]]);
}

export const TOKEN_LIFE_CASES = [refresh, revoked];
