/** Is this secret one that nobody can guess? What everybody knows, placeholders and repetitions are none. */

/** What tutorials, images and generators put where a secret belongs. Lower case, letters and digits only. */
const DEFAULTS: ReadonlySet<string> = new Set([
  '123456',
  '12345678',
  'admin',
  'adminadmin',
  'changeit',
  'changeme',
  'changethis',
  'default',
  'dev',
  'development',
  'example',
  'guest',
  'jwtsecret',
  'keyboardcat',
  'letmein',
  'minioadmin',
  'mysecret',
  'mysecretkey',
  'mysecretpassword',
  'mysupersecret',
  'mysql',
  'nestjs',
  'none',
  'pass',
  'passw0rd',
  'password',
  'password123',
  'postgres',
  'qwerty',
  'redis',
  'root',
  'sa',
  'secret',
  'secretkey',
  'shhhhh',
  'supersecret',
  'supersecretkey',
  'test',
  'todo',
  'topsecret',
  'undefined',
  'yoursecret',
  'yoursecretkey',
]);

/** Those of token playgrounds and of the documentation of frameworks: long enough to be taken for good ones. */
const PUBLISHED: ReadonlySet<string> = new Set([
  'astringsecretatleast256bitslong',
  'avalidstringsecretthatisatleast384bitslong',
  'avalidstringsecretthatisatleast512bitslongwhichisverylong',
  'donotusethisvalueinsteadcreateacomplexsecretandkeepitsafeoutsideofthesourcecode',
  'my32characterultrasecureandultralongsecret',
  'thisisasecretkeythatshouldbechanged',
  'your256bitsecret',
  'your256bitsecretyour256bitsecret',
]);

const PLACEHOLDER =
  /^<.*>$|^\$\{.*\}$|^x{4,}$|^(?:change|replace)[-_ ]?(?:me|this|it)|^(?:enter|insert|put|your)(?:[-_ ]?(?:your|super|jwt|secret)|[-_ ](?:a |the|api|key))/i;

/** The longest piece whose repetition we call a repetition: `secretsecretsecret…` is no better than `secret`. */
const LONGEST_UNIT = 8;

/** What makes a secret guessable, in words that complete "the secret …". Undefined: nothing that can be seen. */
export function weaknessOf(secret: Uint8Array | string): string | undefined {
  const text = typeof secret === 'string' ? secret : Buffer.from(secret).toString('latin1');
  const bare = text.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (PUBLISHED.has(bare)) return 'is a published example';
  if (DEFAULTS.has(bare)) return 'is one of the first that anybody tries';
  if (PLACEHOLDER.test(text)) return 'is a placeholder';
  for (let unit = 1; unit <= LONGEST_UNIT && unit < text.length; unit++) {
    if (
      text ===
      text
        .slice(0, unit)
        .repeat(Math.ceil(text.length / unit))
        .slice(0, text.length)
    ) {
      return 'repeats a few characters over and over';
    }
  }
  return undefined;
}
