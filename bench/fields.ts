/** How fast is the response filter beside class-transformer? */

import { Exclude, Expose, instanceToPlain, Type } from 'class-transformer';
import { projectorFor } from '../lib/responses/field-projector.js';
import { OwnerId, VisibleTo, VisibleToOwner } from '../lib/responses/visible-to.decorator.js';
import { digits, Report, span } from './harness/report.js';
import { median, microsecondsPer, pairedRounds, ratios, roundsOr } from './harness/samples.js';

const ROUNDS = roundsOr(9);
const TURN_MS = 60;

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
  orders: Array.from({ length: 20 }, (_, index) => orderOf(index)),
});

const one = userOf(1);
const list = Array.from({ length: 100 }, (_, index) => userOf(index));
const project = projectorFor(UserView, { roles: ['user'], owner: one.id });
const projectTree = projectorFor(TreeView, { roles: ['user'], owner: 'u1' });
const options = { groups: ['user'] };

interface Case {
  readonly what: string;
  readonly least: number;
  readonly ours: () => unknown;
  readonly theirs: () => unknown;
}

const cases: readonly Case[] = [
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

const report = new Report('fields', 'Fields', ['class-transformer']);
report.text(`${ROUNDS} paired rounds of ${TURN_MS} ms. Times are CPU time.`);
const rows: string[][] = [];
for (const { what, least, ours, theirs } of cases) {
  const measured = await pairedRounds(
    ['theirs', 'ours'] as const,
    ROUNDS,
    (name) => microsecondsPer(name === 'ours' ? ours : theirs, TURN_MS),
    2,
  );
  const ratio = ratios(measured.theirs, measured.ours);
  const [slow, fast] = [digits(median(measured.theirs)), digits(median(measured.ours))];
  rows.push([what, slow, fast, `${digits(median(ratio))}x`, span(ratio)]);
  report.atLeast(`${what}, against instanceToPlain`, ratio, least);
}
report.table(['answer', 'instanceToPlain, µs', 'projector, µs', 'times as fast', 'min - max'], rows);
report.finish();
