import { describe, expect, it } from 'vitest';
import { createPrincipal } from '../../lib/core/principal.js';

describe('a principal', () => {
  it('is frozen all the way down, since every call with the same credential shares it', () => {
    const principal = createPrincipal({ id: 'a', scheme: 'jwt', claims: { nested: { list: [1] } } });
    const { nested } = principal.claims as { nested: { list: number[] } };
    expect(() => nested.list.push(2)).toThrow(TypeError);
    expect(Object.isFrozen(principal) && Object.isFrozen(principal.roles)).toBe(true);
  });

  it('does not freeze what it was made from', () => {
    const claims = { nested: { open: true } };
    createPrincipal({ id: 'a', scheme: 'jwt', claims });
    claims.nested.open = false;
    expect(claims.nested.open).toBe(false);
  });

  it('cannot be made without an id', () => {
    expect(() => createPrincipal({ id: '', scheme: 'jwt' })).toThrow('A principal needs a non-empty id.');
  });

  it.each(['roles', 'scopes', 'amr'])('has a list of %s, and no letters of a text', (name) => {
    for (const value of ['admin', 7, {}, ['admin', 7], [['admin']], false]) {
      expect(() => createPrincipal({ id: 'a', scheme: 'x', [name]: value })).toThrow(
        `The ${name} of a principal are a list of strings.`,
      );
    }
    expect(createPrincipal({ id: 'a', scheme: 'x', [name]: ['admin'] })).toMatchObject({ [name]: ['admin'] });
  });
});
