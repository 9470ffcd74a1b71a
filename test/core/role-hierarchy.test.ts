import { describe, expect, it } from 'vitest';
import { createPrincipal } from '../../lib/core/principal.js';
import { RoleHierarchy } from '../../lib/core/role-hierarchy.js';

const hierarchy = new RoleHierarchy({ admin: ['moderator'], moderator: ['user'], user: [], auditor: [] });

describe('a role hierarchy', () => {
  it('gives a role everything that it includes, at any depth', () => {
    expect([...hierarchy.expand(['admin'])]).toEqual(['admin', 'moderator', 'user']);
  });

  it('never gives a role what includes it', () => {
    expect([...hierarchy.expand(['user'])]).toEqual(['user']);
  });

  it('gives nothing to a caller without roles, and nothing to nobody', () => {
    expect(hierarchy.held(createPrincipal({ id: 'a', scheme: 'jwt' })).size).toBe(0);
    expect(hierarchy.held(undefined).size).toBe(0);
  });

  it('computes the roles of a principal once', () => {
    const principal = createPrincipal({ id: 'a', scheme: 'jwt', roles: ['admin'] });
    expect(hierarchy.held(principal)).toBe(hierarchy.held(principal));
  });

  it('does not take property names of every object for roles', () => {
    expect([...hierarchy.expand(['constructor', '__proto__'])]).toEqual(['constructor', '__proto__']);
  });

  it('refuses roles that include each other in a circle, naming the circle', () => {
    expect(() => new RoleHierarchy({ a: ['b'], b: ['c'], c: ['a'] })).toThrow(
      'security.roles.hierarchy: "a > b > c > a" is a circle. Remove one of these steps.',
    );
  });

  it('refuses a list of included roles that is none', () => {
    expect(() => new RoleHierarchy({ admin: 'user' as never })).toThrow(
      'security.roles.hierarchy.admin: "user" is not a list of role names. Use e.g. { admin: [\'user\'] }.',
    );
  });

  it('tells a slip in a role name, with the name that was meant', () => {
    expect(() => hierarchy.checkKnown(['moderater'], '@Roles() on A.b')).toThrow(
      '@Roles() on A.b: "moderater" is not a declared role. Did you mean "moderator"?',
    );
  });

  it('takes any role name where no hierarchy was declared', () => {
    expect(() => new RoleHierarchy().checkKnown(['anything'], 'x')).not.toThrow();
  });
});
