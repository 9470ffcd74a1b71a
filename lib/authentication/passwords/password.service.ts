/** Keeps passwords so that a stolen table is of little use: argon2id, with the parameters that OWASP recommends. */

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SecurityError } from '../../core/errors.js';
import { loadArgon2 } from './argon2.js';

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. `memoryCost` is in KiB. */
const COST = Object.freeze({ memoryCost: 19_456, timeCost: 2, parallelism: 1 });

/** Hashing takes time and memory by design: nobody may make us hash a novel (ASVS 6.2.9 asks to allow 64). */
export const MAX_PASSWORD_LENGTH = 128;

@Injectable()
export class PasswordService {
  #dummy: Promise<string> | undefined;

  /**
   * A PHC string to store, with its own random salt.
   *
   * @throws SecurityError `invalid_input` for more than 128 characters.
   */
  async hash(password: string): Promise<string> {
    if (isTooLong(password)) throw new SecurityError('invalid_input', { reason: 'password_too_long' });
    const argon2 = await loadArgon2();
    return argon2.hash(password, COST);
  }

  /**
   * Is it the password? With no hash (no such user) the answer is no, after as much work as for a user that exists:
   * the time taken tells nobody which names are registered. The same for a hash that is not argon2's.
   */
  async verify(hash: string | undefined, password: string): Promise<boolean> {
    if (typeof password !== 'string' || isTooLong(password)) return false;
    const argon2 = await loadArgon2();
    const isReadable = hash !== undefined && costOf(hash) !== undefined;
    this.#dummy ??= this.hash(randomUUID());
    const matches = await argon2.verify(isReadable ? hash : await this.#dummy, password).catch(() => false);
    return isReadable && matches;
  }

  /** Was it hashed with another algorithm or less effort than today's? Then hash again at the next successful login. */
  needsRehash(hash: string): boolean {
    const cost = costOf(hash);
    if (cost === undefined || cost.algorithm !== 'argon2id') return true;
    return cost.memoryCost < COST.memoryCost || cost.timeCost < COST.timeCost || cost.parallelism !== COST.parallelism;
  }
}

/** `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` */
const PHC = /^\$(argon2(?:id|i|d))\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[^$]+\$[^$]+$/;

function costOf(hash: string) {
  const [, algorithm, memoryCost, timeCost, parallelism] = PHC.exec(hash) ?? [];
  if (algorithm === undefined) return undefined;
  return {
    algorithm,
    memoryCost: Number(memoryCost),
    timeCost: Number(timeCost),
    parallelism: Number(parallelism),
  };
}

/** Counts characters, not UTF-16 units; the first test keeps a huge string from being taken apart. */
function isTooLong(password: string): boolean {
  return password.length > 2 * MAX_PASSWORD_LENGTH || [...password].length > MAX_PASSWORD_LENGTH;
}
