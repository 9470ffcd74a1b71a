/** Is a body taken that has more than what is declared? Unknown fields, fields that decide who somebody is, prototypes. */

import type { AttackCase } from '../attack-case.js';
import { broken, HELD, type Outcome } from '../attack-report.js';
import { goodFields, inputOf, takesFields, unhurried, type Bag } from '../calls/good-call.js';
import { objectsIn, withField } from '../input/nested-field.js';
import { takesMarkOff } from '../input/prototype-mark.js';
import { refusesInput } from '../calls/spoilt-call.js';
import { evidenceOf, type Target } from '../target.js';

const MASS_ASSIGNMENT = ['API3:2023', 'ASVS-15.3.3'];

const unknownField: AttackCase = {
  on: 'endpoint',
  id: 'input/unknown-field',
  title: 'A field that is not declared is refused',
  severity: 'medium',
  answers: MASS_ASSIGNMENT,
  applies: takesFields,
  run: async (target) => refusesFields(target, { attackKit: true }),
};

const privilegedField: AttackCase = {
  on: 'endpoint',
  id: 'input/privileged-field',
  title: 'Nobody gives themselves a role, an owner or an id by a field of the body',
  severity: 'critical',
  answers: MASS_ASSIGNMENT,
  applies: takesFields,
  run: async (target) => {
    const declared = declaredNames(target);
    const privileges = Object.entries(PRIVILEGES).filter(([name]) => !declared.has(name));
    for (const [name, value] of privileges) {
      const outcome = await refusesFields(target, { [name]: value });
      if (outcome.verdict !== 'held') return outcome;
    }
    return refusesWithin(target);
  },
};

/** So many of the objects within a body are tried. */
const MOST_OBJECTS = 4;

/** The same in every object within: only in those whose fields are declared, for others take what they are given. */
async function refusesWithin(target: Target): Promise<Outcome> {
  const { parts, body } = await goodFields(target);
  // A schema that drops what it does not know drops it there as well.
  if (inputOf(target).fateOfStrangers(body) === 'dropped') return HELD;
  const fields = target.endpoint.input.flatMap(({ from, name, fields: all = [] }) =>
    from !== 'body' ? [] : name === undefined ? all : all.map((field) => `${name}.${field}`),
  );
  const declared = objectsIn(body).filter((path) => fields.some((field) => field.startsWith(`${path}.`)));
  for (const path of declared.slice(0, MOST_OBJECTS)) {
    const added = Object.entries(PRIVILEGES).filter(([name]) => !fields.includes(`${path}.${name}`));
    const spoilt = added.reduce((all, [name, value]) => withField(all, `${path}.${name}`, value), body);
    const init = { parts: { ...parts, body: spoilt } };
    const outcome = await refusesInput(target, [
      { what: `a privilege within "${path}"`, init, marks: added.map(([name]) => name) },
    ]);
    if (outcome.verdict !== 'held') return outcome;
  }
  return HELD;
}

/** Spelt as objects of the app may spell them. */
const PRIVILEGES: Bag = {
  isAdmin: true,
  is_admin: true,
  role: 'admin',
  roles: ['admin'],
  userId: '0badc0de-0000-4000-8000-00000000dead',
  ownerId: '0badc0de-0000-4000-8000-00000000dead',
  id: '0badc0de-0000-4000-8000-00000000dead',
  passwordHash: 'attack-kit',
};

function declaredNames({ endpoint }: Target): ReadonlySet<string> {
  const bodies = endpoint.input.filter(({ from }) => from === 'body');
  return new Set(
    bodies.flatMap(({ name, fields = [] }) => [
      ...fields.map((field) => field.split(/[.[]/)[0]!),
      ...(name ? [name] : []),
    ]),
  );
}

/** Where the schema itself drops what it does not know, nothing of it may be in the answer. @throws Untried */
async function refusesFields(target: Target, added: Bag): Promise<Outcome> {
  const { parts, body } = await goodFields(target);
  const [name] = Object.keys(added);
  const init = { parts: { ...parts, body: { ...body, ...added } } };
  if (inputOf(target).fateOfStrangers(body) !== 'dropped') {
    return refusesInput(target, [{ what: `the field "${name}"`, init, marks: [name!] }]);
  }
  const reply = await unhurried(target, init);
  const told = (reply.data as Bag | null | undefined)?.[name!];
  const isTaken = told !== undefined && JSON.stringify(told) === JSON.stringify(added[name!]);
  return isTaken ? broken(`the field "${name}" had an effect`, evidenceOf(reply.answer)) : HELD;
}

const prototype: AttackCase = {
  on: 'endpoint',
  id: 'input/prototype',
  title: 'A body cannot reach the prototype of objects',
  severity: 'high',
  answers: ['API3:2023', 'API8:2023', 'ASVS-15.3.6'],
  applies: takesFields,
  run: keepsPrototypes,
};

/** Written as text: an object literal would set the prototype instead. */
const POISON = ['"__proto__":{"attackKit":true}', '"constructor":{"prototype":{"attackKit":true}}'];

async function keepsPrototypes(target: Target): Promise<Outcome> {
  const { parts, body } = await goodFields(target);
  const rest = Object.entries(body).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const calls = POISON.map((poison) => ({
    what: poison.slice(1, poison.indexOf('"', 1)),
    init: { parts, body: `{${[...rest, poison].join(',')}}` },
    marks: ['__proto__', 'constructor', 'prototype'],
  }));
  try {
    for (const call of calls) {
      const outcome = await refusesInput(target, [call]);
      if (takesMarkOff()) return broken('a field of the body is now on every object of the process');
      if (outcome.verdict !== 'held') return outcome;
    }
    return HELD;
  } finally {
    takesMarkOff();
  }
}

export const FIELD_CASES = [unknownField, privilegedField, prototype];
