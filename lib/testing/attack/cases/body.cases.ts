/** Is a body read that is none, is of another kind, or is too much? */

import type { AttackCase } from '../attack-case.js';
import { HELD, type Outcome } from '../attack-report.js';
import { Edge } from '../../../edge/edge.js';
import { goodFields, inputOf, takesBody, takesFields, unhurried, type Bag } from '../calls/good-call.js';
import type { JsonSchema } from '../input/json-schema.js';
import { refusesInput, type Spoilt } from '../calls/spoilt-call.js';
import { lost, type Target } from '../target.js';

const VALIDATION = ['ASVS-2.2.1', 'ASVS-2.2.2'];
const CONSUMPTION = ['API4:2023'];
const JSON_TYPE = { 'content-type': 'application/json' };

const wrongType: AttackCase = {
  on: 'endpoint',
  id: 'input/wrong-type',
  title: 'A field of another type than declared is refused',
  severity: 'medium',
  answers: VALIDATION,
  applies: takesFields,
  run: async (target) => {
    const { parts, body } = await goodFields(target);
    const fields = Object.entries(inputOf(target).bodySchema?.properties ?? {});
    const ofFields = fields.flatMap(([name, schema]): readonly Spoilt[] => {
      const wrong = WRONG[typeOf(schema) ?? ''];
      if (wrong === undefined) return [];
      const init = { parts: { ...parts, body: { ...body, [name]: wrong } } };
      return [{ what: `"${name}" as ${JSON.stringify(wrong)}`, init, marks: [name] }];
    });
    const asList = {
      what: 'a list in place of an object',
      init: { parts: { ...parts, body: [body] } },
      marks: ['object'],
    };
    return refusesInput(target, [...ofFields.slice(0, MOST_FIELDS), asList]);
  },
};

const MOST_FIELDS = 5;

/** Declared type → what is certainly none. For text what query builders of documents take for an operator. */
const WRONG: Readonly<Record<string, unknown>> = {
  string: { $gt: '' },
  number: 'attack-kit',
  integer: 'attack-kit',
  boolean: 'attack-kit',
  array: { length: 1 },
  object: 'attack-kit',
};

function typeOf({ type, format, enum: values, properties, pattern, examples }: JsonSchema): string | undefined {
  if (typeof type === 'string') return type;
  if (type !== undefined) return undefined;
  if (format ?? pattern ?? values ?? examples) return 'string';
  return properties ? 'object' : undefined;
}

const malformed: AttackCase = {
  on: 'endpoint',
  id: 'input/malformed',
  title: 'A body that is no JSON is refused as malformed',
  severity: 'medium',
  answers: VALIDATION,
  applies: takesBody,
  run: async (target) => {
    const bodies = ['{"attackKit":', "{'attackKit':1}", '{"attackKit":NaN}', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])];
    return refusesInput(
      target,
      bodies.map((body) => ({ what: 'a body that is no JSON', init: { body, headers: JSON_TYPE }, isHopeless: true })),
    );
  },
};

const contentType: AttackCase = {
  on: 'endpoint',
  id: 'input/content-type',
  title: 'A body of a type that is not read here is refused',
  severity: 'low',
  answers: ['API8:2023', 'ASVS-4.1.1'],
  applies: takesBody,
  run: async (target) => {
    const text = JSON.stringify((await target.ownParts()).body ?? {});
    for (const type of ['text/plain', 'text/xml', undefined]) {
      const reply = await unhurried(target, { body: text, headers: { 'content-type': type } });
      if (reply.status !== 415 && reply.status !== 400) return lost(`415 for ${type ?? 'no Content-Type'}`, reply);
    }
    return HELD;
  },
};

const empty: AttackCase = {
  on: 'endpoint',
  id: 'input/empty',
  title: 'A body without what is required is refused',
  severity: 'medium',
  answers: VALIDATION,
  applies: takesBody,
  run: missesNothing,
};

async function missesNothing(target: Target): Promise<Outcome> {
  const parts = await target.ownParts();
  const { bodySchema: { required = [] } = {} } = inputOf(target);
  const bodies: readonly unknown[] = [{}, '', 'null'];
  for (const body of bodies) {
    const reply = await unhurried(target, { parts: { ...parts, body }, headers: JSON_TYPE });
    if (reply.status >= 500) return lost('4xx for an empty body', reply);
    if (required.length > 0 && reply.status < 400) return lost('4xx for an empty body', reply);
  }
  return HELD;
}

const deep: AttackCase = {
  on: 'endpoint',
  id: 'input/deep',
  title: 'A body that nests without end is refused',
  severity: 'high',
  answers: CONSUMPTION,
  applies: takesBody,
  run: async (target) => {
    const bodies = [nested('[', ']'), nested('{"a":', '}')];
    const [field] = Object.keys(inputOf(target).bodySchema?.properties ?? { attackKit: true });
    return refusesInput(
      target,
      bodies.map((body) => ({
        what: `${DEPTH} levels of nesting`,
        init: { body: `{${JSON.stringify(field ?? 'attackKit')}:${body}}`, headers: JSON_TYPE },
        marks: [field ?? 'attackKit', 'level', 'deep', 'nest'],
      })),
    );
  },
};

const DEPTH = 10_000;

function nested(open: string, close: string): string {
  return `${open.repeat(DEPTH)}1${close.repeat(DEPTH)}`;
}

const huge: AttackCase = {
  on: 'endpoint',
  id: 'input/huge',
  title: 'A body over the limit of its size is refused with 413',
  severity: 'high',
  answers: CONSUMPTION,
  applies: ({ endpoint: { kind, method } }) => kind === 'handler' && ['POST', 'PUT', 'PATCH'].includes(method),
  run: async (target) => {
    const { settings } = target.site.app.get(Edge, { strict: false });
    const { input } = target.endpoint;
    const isUpload = input.some(({ from }) => from === 'file') || !takesBody(target);
    const ofText = await tooLarge(target, JSON_TYPE, jsonOf(settings.bodyLimit + 1));
    if (ofText !== undefined || !isUpload) return ofText ?? HELD;
    const type = { 'content-type': 'multipart/form-data; boundary=attackkit' };
    return (await tooLarge(target, type, formOf(settings.uploadLimit + 1))) ?? HELD;
  },
};

async function tooLarge(
  target: Target,
  headers: Bag & Record<string, string>,
  body: string,
): Promise<Outcome | undefined> {
  try {
    const reply = await unhurried(target, { body, headers });
    return reply.status === 413 ? undefined : lost(`413 for ${body.length} bytes`, reply);
  } catch (error) {
    // Whoever closes the connection before all of it has come reads no more of it either.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
    throw error;
  }
}

function jsonOf(bytes: number): string {
  return `{"attackKit":"${'a'.repeat(Math.max(0, bytes - 16))}"}`;
}

function formOf(bytes: number): string {
  const head = '--attackkit\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';
  return `${head}${'a'.repeat(bytes)}\r\n--attackkit--\r\n`;
}

export const BODY_CASES = [wrongType, malformed, contentType, empty, deep, huge];
