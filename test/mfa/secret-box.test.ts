import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretBox } from '../../lib/authentication/mfa/secret-box.js';

const OLD = { id: 'old', key: randomBytes(32) };
const NEW = { id: 'new', key: randomBytes(32).toString('base64') };
const secret = randomBytes(20);

describe('a secret box', () => {
  const box = new SecretBox('keys', [OLD]);

  it('opens what it sealed, and seals the same differently each time', () => {
    const [one, two] = [box.seal('alice', secret), box.seal('alice', secret)];
    expect(one).toMatch(/^v1\.old\.[\w-]+$/);
    expect(one).not.toBe(two);
    expect(box.open('alice', one)).toEqual({ secret, isStale: false });
  });

  it('does not open for another owner, changed, cut off, or of another version', () => {
    const sealed = box.seal('alice', secret);
    expect(() => box.open('bob', sealed)).toThrow(/unable to authenticate/);
    const at = sealed.length - 10;
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    for (const text of [changed, sealed.slice(0, -4), sealed.slice(0, 20), sealed.replace('v1', 'v2'), '', 'v1.old.']) {
      expect(() => box.open('alice', text), text).toThrow(/authenticate|unknown key|cut off/);
    }
  });

  it('opens what an older key sealed, and says that it is stale', () => {
    const rotated = new SecretBox('keys', [NEW, OLD]);
    expect(rotated.open('alice', box.seal('alice', secret))).toEqual({ secret, isStale: true });
    const again = rotated.seal('alice', secret);
    expect(again).toMatch(/^v1\.new\./);
    expect(rotated.open('alice', again).isStale).toBe(false);
    expect(() => box.open('alice', again)).toThrow('unknown key: new');
  });

  it.each<[string, unknown, string]>([
    ['no keys', [], 'keys: an empty list holds no key'],
    ['a name that is none', [{ id: 'a.b', key: OLD.key }], 'keys[0].id: "a.b" is no name for a key'],
    ['one name for two', [OLD, { ...OLD, key: randomBytes(32) }], 'keys[1].id: "old" names two keys'],
    ['a short key', [{ id: 'a', key: randomBytes(16) }], 'keys[0].key: is not 32 random bytes'],
    ['a password for a key', [{ id: 'a', key: 'hunter2' }], 'keys[0].key: is not 32 random bytes'],
    ['a key of zeros', [{ id: 'a', key: Buffer.alloc(32) }], 'keys[0].key: is not 32 random bytes'],
  ])('refuses %s, without showing it', (_what, keys, complaint) => {
    const attempt = () => new SecretBox('keys', keys as []);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(complaint);
    expect(attempt).not.toThrow(/hunter2/);
  });
});
