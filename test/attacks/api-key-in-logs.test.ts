/** Keys in logs: whoever reads those must find the key's id, and nothing to call with. */

import { describe, expect, it } from 'vitest';
import { redactedJson } from '../../lib/core/redact.js';
import { newApiKey } from '../../lib/authentication/api-key/api-key.js';

describe('an API key in a log line', () => {
  const { id, text } = newApiKey();
  const secret = text.split('_')[2]!;

  it.each([
    ['alone', text],
    ['in a sentence', `The key "${text}" was used.`],
    ['in a URL', `/reports?api_key=${text}&page=1`],
    ['behind its scheme', `ApiKey ${text}`],
    ['cut short', text.slice(0, 50)],
  ])('loses its secret %s', (_where, value) => {
    const line = redactedJson({ kind: 'app', name: value });
    expect(line).not.toContain(secret.slice(0, 12));
    expect(line).toContain('[redacted]');
  });

  it('keeps its id', () => {
    expect(redactedJson({ name: `used: ${text}` })).toBe(`{"name":"used: bwk_${id}_[redacted]"}`);
    expect(redactedJson({ keyId: id })).toBe(`{"keyId":"${id}"}`);
  });
});
