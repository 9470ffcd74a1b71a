/** What the attack takes for a leak, a look-alike, or a path of somebody's. */

import { describe, expect, it } from 'vitest';
import { sightings, treeOf } from '../../../lib/testing/attack/answers/declared-view.js';
import { internalsOf, softwareOf } from '../../../lib/testing/attack/answers/internals.js';
import { lookAlikes } from '../../../lib/testing/attack/calls/look-alikes.js';
import { answersPath, methodsAt } from '../../../lib/testing/attack/calls/path-match.js';
import type { Endpoint } from '../../../lib/inventory/endpoint.js';

const answer = (text: string, sent: { target?: string; body?: string } = {}) => ({
  text,
  request: { method: 'GET', target: '/', headers: {}, ...sent },
});

describe('what an error tells', () => {
  it.each([
    ['    at OrdersService.find (/srv/shop/dist/orders.service.js:12:34)', 'a stack frame'],
    ['at async file:///srv/app/main.js:3:1', 'a stack frame'],
    ['at node:internal/process/task_queues:95:5', 'a stack frame'],
    ['{"message":"no","stack":"Error: no"}', 'a stack'],
    ['Cannot find module /opt/shop/dist/main', 'a path on its disk'],
    ["ENOENT: no such file or directory, open 'C:\\\\shop\\\\env'", 'a path on its disk'],
    ['failed in src/orders/orders.service.ts', 'a source file'],
    ['SELECT id, note FROM orders WHERE id = $1', 'a statement of its database'],
    ['duplicate key value violates unique constraint', 'an error of its database'],
    ['relation "orders" does not exist', 'an error of its database'],
    ['PrismaClientKnownRequestError', 'an error of its database'],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'an error of its system'],
    ['TypeError: x', 'the name of an exception'],
    ['{"name":"HttpException"}', 'the name of an exception'],
    ["Cannot read properties of undefined (reading 'id')", "an error of the language's own"],
    ['Unexpected token } in JSON at position 3', "an error of the language's own"],
    ['express/4.18', 'a version'],
  ])('finds %j', (text, name) => {
    expect(internalsOf(answer(text))).toMatch(new RegExp(`^${name}: `));
  });

  it.each([
    '{"type":"about:blank","title":"Not found.","status":404}',
    '{"type":"about:blank","title":"The request is malformed.","status":400,"errors":[{"field":"age","message":"age must not be less than 18"}]}',
    '{"type":"about:blank","status":500,"instance":"urn:uuid:5f0c9a3e-1111-4222-8333-444455556666"}',
    '{"title":"Select one of these and try again.","status":422}',
    '{"sunset":"2030-01-01","successor":"/v2/users/7"}',
    '{"title":"Meet us at 10:30:00 at the office.","status":409}',
    '{"errors":[{"message":"Syntax Error: Expected Name, found }.","extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}',
  ])('has nothing to say of %j', (text) => {
    expect(internalsOf(answer(text))).toBeUndefined();
  });

  it('does not take what the client sent for news', () => {
    expect(internalsOf(answer('TypeError: x is no number', { target: '/?q=TypeError:%20x' }))).toBeUndefined();
    expect(internalsOf(answer('TypeError: x is no number', { body: '{"q":"TypeError:"}' }))).toBeUndefined();
    expect(internalsOf(answer('TypeError: x is no number', { target: '/?q=7' }))).toBeDefined();
  });

  it('knows headers that name the software', () => {
    expect(softwareOf({ headers: { 'x-powered-by': 'Express' } })).toBe('X-Powered-By: Express');
    expect(softwareOf({ headers: { server: 'nginx/1.25.3' } })).toBe('Server: nginx/1.25.3');
    expect(softwareOf({ headers: { server: 'cloudflare' } })).toBeUndefined();
  });
});

describe('look-alikes of an origin', () => {
  it('are other origins, each of them', () => {
    expect(lookAlikes('https://app.example.com')).toEqual([
      'null',
      'https://evil.example',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://evil.app.example.com',
      'https://evilapp.example.com',
      'https://app.example.com.evil.example',
      'https://app.example.com.',
      'https://appxexample.com',
    ]);
  });

  it('keep the port, and have no dot to forget where there is none', () => {
    const found = lookAlikes('http://localhost:5173');
    expect(found).toContain('http://localhost.evil.example:5173');
    expect(found).toContain('https://localhost:5173');
    expect(new Set(found).size).toBe(8);
    expect(found).not.toContain('http://localhost:5173');
  });
});

describe('paths', () => {
  const at = (id: string): Endpoint => {
    const [method, path] = id.split(' ') as [string, string];
    return { id, method, path, kind: 'handler' } as Endpoint;
  };

  it.each([
    ['/orders/:id', '/orders/7', true],
    ['/orders/:id', '/ORDERS/7/', true],
    ['/orders/:id', '/orders/7/items', false],
    ['/orders/:id', '/orders', false],
    ['/files/*path', '/files/a/b', true],
    ['/docs/openapi.json', '/docs/openapi.json', true],
    ['/docs/openapi.json', '/docs/openapiXjson', false],
  ])('%s answers %s: %s', (pattern, path, answers) => {
    expect(answersPath(at(`GET ${pattern}`), path)).toBe(answers);
  });

  it('take the methods of every pattern that fits', () => {
    const endpoints = ['GET /users/me', 'PATCH /users/:id', 'DELETE /orders/:id'].map(at);
    expect([...methodsAt(endpoints, '/users/me')]).toEqual(['GET', 'HEAD', 'PATCH']);
  });
});

describe('a body beside the fields that are declared', () => {
  const placesOf = (body: unknown, fields: Readonly<Record<string, readonly string[]>>) =>
    [...sightings(body, treeOf(fields))].map(({ place, object, declared }) => {
      const undeclared = Object.keys(object).filter((name) => !declared.has(name));
      return `${place} ${undeclared.join()}`.trim();
    });
  const all = ['everybody'];

  it('is walked through lists, pages, maps and variants', () => {
    const fields = { items: all, 'items.id': all, 'owner(cat).name': all, 'owner(dog).tail': all, 'byName.id': all };
    const body = {
      items: [{ id: 1 }, { id: 2, hash: 'x' }],
      owner: { name: 'Tom', tail: true, secret: 1 },
      byName: { tom: { id: 1, pin: 1 } },
    };
    expect(placesOf(body, fields)).toEqual(['', 'items[0]', 'items[1] hash', 'owner secret', 'byName.tom pin']);
    expect(placesOf([{ id: 1, a: 1 }], { id: all })).toEqual(['[0] a']);
  });

  it('is left alone where nobody told what is inside, or where a class comes again', () => {
    expect(placesOf({ meta: { anything: 1 } }, { meta: all })).toEqual(['']);
    expect(placesOf({ boss: { boss: { x: 1 } } }, { boss: all, 'boss.<Person>': all })).toEqual(['']);
  });
});
