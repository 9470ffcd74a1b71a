/** How fast is the response filter beside class-transformer? Prints a Markdown table. */

import { cpus } from 'node:os';
import { Exclude, Expose, instanceToPlain, Type } from 'class-transformer';
import { projectorFor } from '../lib/responses/field-projector.js';
import { OwnerId, VisibleTo, VisibleToOwner } from '../lib/responses/visible-to.decorator.js';

class OrderView {
  @Expose() id!: string;
  @Expose() @OwnerId() user_id!: string;
  @Expose() total!: number;
  @Expose() status!: string;
}

class UserView {
  @Expose() @OwnerId() id!: string;
  @Expose() username!: string;
  @Expose() email!: string;
  @Expose() age!: number;
  @Expose({ groups: ['admin'] }) is_admin!: boolean;
  @Expose() created_at!: Date;
  @Exclude() password_hash!: string;
}

class TreeView {
  @Expose() id!: string;
  @VisibleTo('admin') @VisibleToOwner() note!: string;
  @Expose() @Type(() => OrderView) orders!: OrderView[];
}

const userOf = (index: number): UserView =>
  Object.assign(new UserView(), {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    username: `user${index}`,
    email: `user${index}@example.com`,
    age: 20 + (index % 50),
    is_admin: false,
    created_at: new Date(1_700_000_000_000 + index * 7_777_777_777),
    password_hash: '$argon2id$v=19$m=65536,t=3,p=4$secret',
  });
const orderOf = (index: number): OrderView =>
  Object.assign(new OrderView(), { id: `o${index}`, user_id: `u${index % 3}`, total: index, status: 'paid' });
const tree = Object.assign(new TreeView(), {
  id: 't',
  note: 'n',
  orders: Array.from({ length: 20 }, (_, i) => orderOf(i)),
});

const one = userOf(1);
const list = Array.from({ length: 100 }, (_, index) => userOf(index));
const project = projectorFor(UserView, { roles: ['user'], owner: one.id });
const projectTree = projectorFor(TreeView, { roles: ['user'], owner: 'u1' });
const options = { groups: ['user'] };

const rows: { what: string; least: number; ours: () => unknown; theirs: () => unknown }[] = [
  { what: 'one object', least: 15, ours: () => project(one), theirs: () => instanceToPlain(one, options) },
  { what: 'list of 100', least: 15, ours: () => project(list), theirs: () => instanceToPlain(list, options) },
  {
    what: 'tree of 21 objects',
    least: 15,
    ours: () => projectTree(tree),
    theirs: () => instanceToPlain(tree, options),
  },
  {
    what: 'one object, with JSON text',
    least: 5,
    ours: () => JSON.stringify(project(one)),
    theirs: () => JSON.stringify(instanceToPlain(one, options)),
  },
  {
    what: 'list of 100, with JSON text',
    least: 5,
    ours: () => JSON.stringify(project(list)),
    theirs: () => JSON.stringify(instanceToPlain(list, options)),
  },
];

/** Microseconds per run, measured for about this long. */
function measure(run: () => unknown, ms: number): number {
  let runs = 0;
  const start = process.hrtime.bigint();
  const end = start + BigInt(ms) * 1_000_000n;
  while (process.hrtime.bigint() < end) {
    for (let index = 0; index < 20; index++) run();
    runs += 20;
  }
  return Number(process.hrtime.bigint() - start) / 1000 / runs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

const ROUNDS = Number(process.env.ROUNDS ?? 9);
console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}, median of ${ROUNDS} paired rounds\n`,
);
console.log('| answer | instanceToPlain, µs | projector, µs | times as fast (min-max) | target |');
console.log('|---|---|---|---|---|');
for (const { what, least, ours, theirs } of rows) {
  const pairs = Array.from({ length: ROUNDS }, () => ({ theirs: measure(theirs, 60), ours: measure(ours, 60) })).slice(
    2,
  );
  const ratios = pairs.map((pair) => pair.theirs / pair.ours);
  const span = `${median(ratios).toFixed(1)}x (${Math.min(...ratios).toFixed(1)}-${Math.max(...ratios).toFixed(1)})`;
  const cells = [
    what,
    median(pairs.map((pair) => pair.theirs)).toFixed(2),
    median(pairs.map((pair) => pair.ours)).toFixed(2),
    span,
    `${least}x`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
