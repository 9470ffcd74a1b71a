/** Loads the optional argon2 package, when somebody first hashes a password. */

type Argon2 = typeof import('@node-rs/argon2');

/** @throws Error that says what to install. */
export async function loadArgon2(): Promise<Argon2> {
  try {
    return await import('@node-rs/argon2');
  } catch (cause) {
    throw new Error('PasswordService hashes with argon2id. Install it: npm install @node-rs/argon2', { cause });
  }
}
