/** What does a secret look like, and what is it called? One list for finding them and for taking them out of reports. */

export interface Look {
  readonly name: string;
  /** Found anywhere in a text. */
  readonly pattern: RegExp;
  /** True: nobody hands it out on purpose, whatever an answer declares. */
  readonly isNeverMeant?: true;
}

export const LOOKS: readonly Look[] = [
  { name: 'a bcrypt digest', pattern: /\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}/, isNeverMeant: true },
  { name: 'an argon2 digest', pattern: /\$argon2(?:id|i|d)\$[\w./+=,$-]*/, isNeverMeant: true },
  {
    name: 'a digest of a password',
    pattern: /\$(?:scrypt|pbkdf2[\w-]*|s0|ln=\d+)\$[\w./+=,$-]{20,}/,
    isNeverMeant: true,
  },
  {
    name: 'a private key',
    pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----[^]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|$)/,
  },
  { name: 'a token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/ },
  { name: 'an access key of a cloud', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { name: 'a secret key of a service', pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{8,}/ },
  { name: 'a token of a service', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|xox[abprs]-[\w-]{10,}|glpat-[\w-]{20,})/ },
  // RFC 3986 §3.2.1: user and password before the host.
  { name: 'a URL with a password', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:"'<>]*:[^\s/?#@"'<>]+@[^\s/?#"'<>]+/i },
];

/** Without dashes and underscores, in lower case. */
const NAMES = new RegExp(
  `^(?:(?:hashed|encrypted|old|new|current|plain|user)?(?:password|passwd|pwd|passphrase)(?:hash|salt|digest|md5|sha\\d*)?|pwhash|` +
    `(?:password)?salt|(?:[a-z]+)?secret|(?:token|secret|key|api|recovery)\\w*hash|(?:[a-z]+)?privatekey|signingkey|` +
    `(?:[a-z]+)?secretkey|encryptionkey|recoverycodes?|resettoken|passwordresettoken|sessiontoken|(?:credit)?cardnumber|` +
    `cvv|cvc|ssn|connectionstring|databaseurl|dsn)$`,
);
/** Names that a schema may well mean to hand out: its fields are not known here. */
const MEANT = /^(?:[a-z]+)?secret$|^recoverycodes?$/;

/** @param isSchema The shape is declared by a schema whose fields are not known by name. */
export function isSecretName(name: string, isSchema = false): boolean {
  const bare = bareOf(name);
  return NAMES.test(bare) && !(isSchema && MEANT.test(bare));
}

/** What is called so is not shown in a report, be it meant for its receiver. */
const NOT_SHOWN =
  /(?:token|secret|password|passwd|passphrase|pwd|key|hash|salt|digest|cookie|credentials?|signature|authorization|jwt|otp|pin|cvv|cvc|ssn|sid|sessionid|session|cardnumber|iban|codes|dsn|connectionstring|databaseurl|md5)$/;

export function isHiddenName(name: string): boolean {
  return NOT_SHOWN.test(bareOf(name)) || isSecretName(name);
}

function bareOf(name: string): string {
  return name.replaceAll(/[-_\s]/g, '').toLowerCase();
}
