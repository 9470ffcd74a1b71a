/** How does a field deep in a body get a value? By its path: `profile.links[].url`. */

type Bag = Readonly<Record<string, unknown>>;

/** A copy of the body with the value there; what leads to it is made where it is missing. */
export function withField(body: Bag, path: string, value: unknown): Bag {
  return placed(body, path.split('.'), value) as Bag;
}

function placed(at: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  const name = step.replaceAll('[]', '');
  const bag = (typeof at === 'object' && at !== null && !Array.isArray(at) ? at : {}) as Bag;
  const inner = bag[name];
  if (!step.endsWith('[]')) return { ...bag, [name]: placed(inner, rest, value) };
  const [first, ...others] = Array.isArray(inner) ? (inner as unknown[]) : [];
  return { ...bag, [name]: [placed(first, rest, value), ...others] };
}

/** The paths of every object within, the whole of it left out: `profile`, `profile.links[]` for the first of a list. */
export function objectsIn(body: Bag, before = '', depth = 0): readonly string[] {
  if (depth > DEEPEST) return [];
  return Object.entries(body).flatMap(([name, value]) => {
    const isList = Array.isArray(value);
    const inner: unknown = isList ? value[0] : value;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || inner instanceof Uint8Array) return [];
    const path = `${before}${name}${isList ? '[]' : ''}`;
    return [path, ...objectsIn(inner as Bag, `${path}.`, depth + 1)];
  });
}

/** What is nested deeper is left alone. */
const DEEPEST = 4;
