/** Is this text of the environment a secret that everybody knows, or one that somebody could guess? */

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
  // Those of token playgrounds and of the documentation of frameworks, with more than 32 characters.
  'astringsecretatleast256bitslong',
  'avalidstringsecretthatisatleast512bitslongwhichisverylong',
  'donotusethisvalueinsteadcreateacomplexsecretandkeepitsafeoutsideofthesourcecode',
  'my32characterultrasecureandultralongsecret',
  'thisisasecretkeythatshouldbechanged',
  'your256bitsecret',
]);

const PLACEHOLDER =
  /^<.*>$|^\$\{.*\}$|^x{4,}$|^(?:change|replace)[-_ ]?(?:me|this|it)|^(?:enter|insert|put|your)[-_ ](?:a |your|the|super|jwt|secret|api|key)/i;

/** The longest piece whose repetition is one: `secretsecretsecret…` is no better than `secret`. */
const LONGEST_UNIT = 8;

/** What is wrong with it, in words that complete "it …". Undefined: nothing that can be seen. */
export function weaknessOf(value: string): string | undefined {
  const bare = value.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (DEFAULTS.has(bare)) return 'is one of the first that anybody tries';
  if (PLACEHOLDER.test(value)) return 'is a placeholder';
  for (let unit = 1; unit <= LONGEST_UNIT && unit < value.length; unit++) {
    if (
      value ===
      value
        .slice(0, unit)
        .repeat(Math.ceil(value.length / unit))
        .slice(0, value.length)
    ) {
      return 'repeats a few characters over and over';
    }
  }
  return undefined;
}
