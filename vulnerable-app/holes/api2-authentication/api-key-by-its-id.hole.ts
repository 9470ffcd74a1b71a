/** A key is found by the part that names it, and whatever secret came along is taken for its own. */

import type { INestApplication } from '@nestjs/common';
import { API_KEY_STORE, NO_CREDENTIAL, SecurityError, type ApiKeyStore, type Principal } from 'nestjs-bulwark';
import { schemeOf } from '../../careless.js';
import type { Hole } from '../../hole.js';

function findByIdAlone(app: INestApplication): void {
  const store = app.get<ApiKeyStore>(API_KEY_STORE, { strict: false });
  schemeOf(app, 'api-key').authenticate = ({ request }) => {
    const text = request.headers['x-api-key'];
    if (typeof text !== 'string') return NO_CREDENTIAL;
    return principalOf(store, text);
  };
}

async function principalOf(store: ApiKeyStore, text: string): Promise<Principal> {
  const key = await store.find(text.split('_')[1] ?? '');
  if (key === undefined || key.revokedAtMs !== undefined) {
    throw new SecurityError('invalid_token', { reason: 'refused_by_hand' });
  }
  return { id: key.ownerId, scheme: 'api-key', roles: key.roles, scopes: key.scopes, claims: {} };
}

export const apiKeyByItsId: Hole = {
  id: 'api-key-by-its-id',
  title: 'The secret of an API key is not compared',
  owasp: 'API2:2023',
  expects: 'api-key/wrong-secret',
  at: 'GET /reports',
  opened: findByIdAlone,
};
