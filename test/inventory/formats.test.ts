import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  findingsSarif,
  inventoryJson,
  inventoryMarkdown,
  InventoryService,
  parseInventory,
  type Finding,
  type Inventory,
} from '../../lib/index.js';
import { bootApp } from '../app.js';
import {
  ChatGateway,
  LooseController,
  MailController,
  OrderOwnership,
  OrdersController,
  putMetricsOnTheAdapter,
  UsersResolver,
} from './surfaces.js';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../schema/security-inventory.schema.json', import.meta.url), 'utf8'),
) as object;
const validate = new Ajv({ allErrors: true }).compile(SCHEMA);

async function anInventory(): Promise<Inventory> {
  const t = await bootApp({
    controllers: [OrdersController, LooseController, MailController],
    providers: [OrderOwnership, ChatGateway, UsersResolver],
    prepare: putMetricsOnTheAdapter,
  });
  try {
    return t.app.get(InventoryService).inventory();
  } finally {
    await t.close();
  }
}

describe('JSON', () => {
  it('is what the published schema describes, and comes back as it was', async () => {
    const inventory = await anInventory();
    const text = inventoryJson(inventory);
    const read: unknown = JSON.parse(text);
    validate(read);
    expect(validate.errors ?? []).toEqual([]);
    expect(inventoryJson(parseInventory(text, 'a.json'))).toBe(text);
    expect(text).not.toMatch(/undefined|function|\/tmp|\/home/);
  });

  it('has a line per control, so that a changed control is a changed line', async () => {
    const lines = inventoryJson(await anInventory()).split('\n');
    expect(lines).toContain('      "roles": { "names": ["user"], "all": false },');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
  });

  it('the schema refuses what is no inventory', async () => {
    const inventory = await anInventory();
    const [first, ...others] = inventory.endpoints;
    for (const wrong of [
      { ...inventory, version: 2 },
      { ...inventory, extra: true },
      { ...inventory, endpoints: [{ ...first, access: 'open' }, ...others] },
      { ...inventory, endpoints: [{ ...first, answers: [''] }, ...others] },
    ]) {
      expect(validate(wrong)).toBe(false);
      expect(() => parseInventory(JSON.stringify(wrong), 'a.json')).toThrow(
        /^a\.json: (?:the inventory is damaged, \/|not an)/,
      );
    }
  });

  it.each([
    ['no JSON', '{', 'a.json: not JSON. Write it anew with --write.'],
    ['another version', '{"version":2}', 'a.json: not an inventory of version 1.'],
    ['null', 'null', 'a.json: not an inventory of version 1.'],
    [
      'no list',
      '{"version":1,"tiers":{},"roles":{},"endpoints":{}}',
      'a.json: the inventory is damaged, /endpoints: {} is no array.',
    ],
    [
      'half an endpoint',
      '{"version":1,"tiers":{},"roles":{},"endpoints":[{"id":"GET /"}]}',
      '/endpoints/0: has no kind.',
    ],
  ])('is not read where it is %s', (_name, text, message) => {
    expect(() => parseInventory(text, 'a.json')).toThrow(message);
  });
});

describe('Markdown', () => {
  it('is a table with a line per endpoint, and what is left open', async () => {
    const inventory = await anInventory();
    const lines = inventoryMarkdown(inventory).split('\n');
    expect(lines).toContain(
      `${inventory.endpoints.length} endpoints. Tiers: public 100 a minute, authenticated 1000 a minute, admin unlimited.`,
    );
    const row = lines.find((line) => line.startsWith('| `POST /orders` |'))!;
    for (const part of ['@Roles(user)', '@Policies(isAdult)', '5 an hour by address', 'OrderInput', 'API6']) {
      expect(row).toContain(part);
    }
    expect(lines).toContain('- `POST /anything` API4:2023: no rate limit holds here');
    const table = lines.filter((line) => line.startsWith('|'));
    expect(new Set(table.map((line) => line.replaceAll('\\|', '').split('|').length)).size).toBe(1);
  });

  it('keeps text of the app from becoming markup', async () => {
    const [endpoint] = (await anInventory()).endpoints;
    const wild = { ...endpoint!, id: 'GET /a|b', access: 'public' as const, reason: '<script>\n| a | [x](http://y)' };
    const text = inventoryMarkdown({ version: 1, tiers: {}, roles: {}, endpoints: [wild] });
    expect(text).toContain('`GET /a\\|b`');
    expect(text).toContain('public (\\<script\\> \\| a \\| \\[x\\](http://y))');
  });
});

/** The schema of OASIS is of draft 4, for which the package that carries it brings a validator of its own. */
function sarifProblems(value: unknown): unknown {
  const carrier = createRequire(createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json'));
  const Ajv6 = carrier('ajv') as new (options: object) => {
    addMetaSchema(schema: unknown): void;
    validate(schema: unknown, value: unknown): boolean;
    readonly errors?: unknown;
  };
  const ajv = new Ajv6({ schemaId: 'id', meta: false, unknownFormats: 'ignore', logger: false });
  ajv.addMetaSchema(carrier('ajv/lib/refs/json-schema-draft-04.json'));
  return ajv.validate(carrier('./lib/schemas/sarif-2.1.0-rtm.5.json'), value) ? undefined : ajv.errors;
}

describe('SARIF', () => {
  it('is what the schema of OASIS asks for, with and without findings, and with a reference that stands twice', () => {
    const twice = { ...finding('a/b', 'A.one (GET /one)'), references: ['API8:2023', 'API8:2023', 'security'] };
    for (const findings of [[], [finding('a/b', 'A.one (GET /one)'), finding('c/d', 'main.ts'), twice], [twice]]) {
      expect(sarifProblems(findingsSarif(findings, '1.2.3', 'dist/app.js'))).toBeUndefined();
      expect(sarifProblems(findingsSarif(findings, '1.2.3'))).toBeUndefined();
    }
    const [run] = (findingsSarif([finding('a/b', 'A.one')], '1.2.3') as { runs: { results: object[] }[] }).runs;
    const wrong = { ...run, results: run!.results.map((result) => ({ ...result, unheard: 1 })) };
    expect(sarifProblems({ version: '2.1.0', runs: [wrong] })).toBeDefined();
  });

  it('says what to do, with each rule', () => {
    const { runs } = findingsSarif([finding('a/b', 'A.one')], '1.2.3') as {
      runs: { tool: { driver: { rules: { help: { text: string } }[] } } }[];
    };
    expect(runs[0]!.tool.driver.rules[0]!.help.text).toBe(finding('a/b', 'A.one').fix);
  });

  const finding = (id: string, where: string, severity: Finding['severity'] = 'error'): Finding => ({
    id,
    where,
    severity,
    why: 'Somebody gets in.',
    fix: 'Close it.',
    references: ['API5:2023', 'ASVS-8.3.1'],
  });

  it('has a rule per kind of finding and a result per place', () => {
    const findings = [
      finding('inventory/unguarded-handler', 'A.one (GET /one)'),
      finding('inventory/unguarded-handler', 'A.two (GET /two)'),
      finding('edge/no-hosts', 'secureApp', 'warning'),
    ];
    const { version, runs } = findingsSarif(findings, '1.2.3') as {
      version: string;
      runs: { tool: { driver: { version: string; rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    expect(version).toBe('2.1.0');
    const [{ tool, results }] = runs as [(typeof runs)[0]];
    expect(tool.driver.version).toBe('1.2.3');
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(['inventory/unguarded-handler', 'edge/no-hosts']);
    expect(results).toHaveLength(3);
    expect(results[1]).toMatchObject({
      ruleId: 'inventory/unguarded-handler',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'A.two (GET /two): Somebody gets in. Close it.' },
      locations: [{ logicalLocations: [{ fullyQualifiedName: 'A.two' }] }],
      partialFingerprints: { 'idAndPlace/v1': 'inventory/unguarded-handler@A.two (GET /two)' },
    });
    expect(results[2]).toMatchObject({ ruleIndex: 1, level: 'warning' });
  });

  it('names the file that was audited, where one is given', () => {
    const locations = (artifact?: string) =>
      (findingsSarif([finding('a/b', 'A.one (GET /one)')], '1.2.3', artifact) as { runs: { results: object[] }[] })
        .runs[0]!.results[0];
    expect(locations('dist/app.js')).toMatchObject({
      locations: [{ physicalLocation: { artifactLocation: { uri: 'dist/app.js' } } }],
    });
    expect(JSON.stringify(locations())).not.toContain('physicalLocation');
  });

  it('says that nothing was found', () => {
    expect(findingsSarif([], '1.2.3')).toMatchObject({ runs: [{ tool: { driver: { rules: [] } }, results: [] }] });
  });
});
