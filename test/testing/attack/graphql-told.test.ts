/** Outside development: is a schema that is shown to everybody found, and documents that nobody validates? */

import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { secureApp } from '../../../lib/index.js';
import { PLATFORMS } from '../../app.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../../transports/over-graphql.js';
import { attacked } from './attacked.js';
import { SHELF_OPTIONS, ShelfBooks, ShelfResolver } from './shelves.js';

const NAMES = ['graphql/introspection', 'graphql/suggestions', 'graphql/circular-fragment'];
const providers = [ShelfResolver, ShelfBooks];
const before = process.env['NODE_ENV'];

/** The app is there already: it is the attack alone that takes place there. */
function elsewhere(): void {
  process.env['NODE_ENV'] = 'staging';
}

afterEach(() => {
  process.env['NODE_ENV'] = before;
});

describe.each(GRAPHQL_HOSTS)('the schema of $name', (host) => {
  it('is told to nobody, where introspection is off', async () => {
    const imports = graphqlModules(host, { introspection: false });
    const security = { roles: { hierarchy: { keeper: ['reader'] } } };
    const app = { platform: host.platform, security, imports, providers, prepare: secureApp };
    const { at } = await attacked(app, { ...SHELF_OPTIONS, only: NAMES }, elsewhere);
    expect(NAMES.map((name) => at('the app', name))).toEqual(['held', 'held', 'held']);
  });
});

describe.each(PLATFORMS)('the schema of a bare driver on %s', (platform) => {
  const bare = (more: Partial<ApolloDriverConfig>) => {
    const config = { driver: ApolloDriver, autoSchemaFile: true, introspection: true, ...more };
    const app = { platform, imports: [GraphQLModule.forRoot<ApolloDriverConfig>(config)], providers };
    return attacked(app, { ...SHELF_OPTIONS, only: NAMES }, elsewhere);
  };

  it('is found to be shown, and to be guessed from errors', async () => {
    const { at } = await bare({});
    expect(at('the app', 'graphql/introspection')).toBe('broken: the schema is shown');
    expect(at('the app', 'graphql/suggestions')).toBe('broken: an error suggests a name');
    expect(at('the app', 'graphql/circular-fragment')).toBe('held');
  });

  it('is found to run what nobody validated', async () => {
    const { at } = await bare({ dangerouslyDisableValidation: true });
    expect(at('the app', 'graphql/circular-fragment')).toContain('broken: two fragments that hold each other');
  });
});
