/** Checks options once, when the module is built, and says how to mend what is wrong. */

/** A mistake in an option: names the option, shows the value, gives the fix. Stops the boot. */
export function optionError(option: string, value: unknown, problem: string, fix: string): TypeError {
  return new TypeError(`${option}: ${show(value)} ${problem}. ${fix}`);
}

/** Refuses keys that are not options, naming the nearest one that is. */
export function checkKeys(option: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw optionError(option, value, 'is not an object', `Write { ${known.slice(0, 3).join(', ')} … }.`);
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new TypeError(
      `${option}.${key}: unknown option. ${near ? `Did you mean \`${option}.${near}\`?` : `Known: ${known.join(', ')}.`}`,
    );
  }
}

export function checkPositive(option: string, value: unknown, fix = 'Use a positive finite number.'): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw optionError(option, value, 'is not a positive finite number', fix);
  }
  return value;
}

export function checkPositiveInteger(option: string, value: unknown, fix = 'Use a positive whole number.'): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) {
    throw optionError(option, value, 'is not a positive whole number', fix);
  }
  return value;
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw optionError(option, value, 'is not a boolean', 'Use true or false.');
  return value;
}

export function checkText(option: string, value: unknown, fix = 'Use a non-empty string.'): string {
  if (typeof value !== 'string' || value === '') throw optionError(option, value, 'is not a non-empty string', fix);
  return value;
}

export function checkTextList(
  option: string,
  value: unknown,
  fix = 'Use a non-empty list of strings.',
): readonly string[] {
  if (!isTextList(value) || value.length === 0)
    throw optionError(option, value, 'is not a non-empty list of strings', fix);
  return Object.freeze([...value]);
}

/** A list, empty or not, of non-empty strings. */
export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== '');
}

export function checkOneOf<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const near = typeof value === 'string' ? nearest(value, choices) : undefined;
  throw optionError(
    option,
    value,
    'is not one of the choices',
    near ? `Did you mean "${near}"?` : `Use one of ${choices.map((choice) => `"${choice}"`).join(', ')}.`,
  );
}

/** The known name that a slip of the keyboard most likely meant, if any is close enough. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const swap = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next[j] = Math.min(swap, row[j]! + 1, next[j - 1]! + 1);
    }
    row = next;
  }
  return row[to.length]!;
}

/** Shows a value in an error without printing what may be a secret: only short, plain values are shown as they are. */
function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  if (value === null || ['number', 'boolean', 'undefined', 'bigint'].includes(typeof value)) return String(value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  return 'an object';
}
