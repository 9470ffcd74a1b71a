/** Keeps passwords so that a stolen table is of little use: argon2id, with the parameters that OWASP recommends. */

import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, systemClock, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { weaknessesBy } from '../../core/password-policy.js';
import { loadArgon2 } from './argon2.js';
import { isBreached } from './breached-passwords.js';
import { PASSWORD_SETTINGS, resolvePasswordOptions, type PasswordSettings } from './password.options.js';

/** What is known of the person a password is for: it may contain none of it. */
export interface PasswordOwner {
  readonly username?: string;
  readonly email?: string;
}

/** Hashing takes time and memory by design: nobody may make us hash a novel (ASVS 6.2.9 asks to allow 64). */
export const MAX_PASSWORD_LENGTH = 128;

@Injectable()
export class PasswordService {
  #dummy: Promise<string> | undefined;

  constructor(
    @Inject(PASSWORD_SETTINGS) private readonly settings: PasswordSettings = resolvePasswordOptions(),
    @Inject(SecurityEvents) private readonly events: SecurityEvents = new SecurityEvents(),
    @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {}

  /**
   * A PHC string to store, with its own random salt.
   *
   * @throws SecurityError `invalid_input` for more than 128 characters.
   */
  async hash(password: string): Promise<string> {
    if (isTooLong(password)) throw new SecurityError('invalid_input', { reason: 'password_too_long' });
    const argon2 = await loadArgon2();
    return argon2.hash(password, this.settings.cost);
  }

  /**
   * Is it the password? With no hash (no such user) the answer is no, after as much work as for a user that exists:
   * the time taken tells nobody which names are registered. The same for a hash that is not argon2's.
   */
  async verify(hash: string | undefined, password: string): Promise<boolean> {
    if (typeof password !== 'string' || isTooLong(password)) return false;
    const argon2 = await loadArgon2();
    const isReadable = hash !== undefined && costOf(hash) !== undefined;
    // Awaited for users that exist too: the first to ask waits for it, whoever they ask for.
    const dummy = await (this.#dummy ??= this.hash(randomUUID()));
    const matches = await argon2.verify(isReadable ? hash : dummy, password).catch(() => false);
    return isReadable && matches;
  }

  /**
   * `verify()`, and where it says yes to a hash of less effort than today's, hands a new one to `save`: it costs nobody
   * a password reset to raise the cost. Whatever `save` throws, this throws.
   *
   * @param save Compare and set: store the new hash only where the old one is stored still. Somebody may have changed
   * the password meanwhile, and must not get the former one back.
   * @example
   * // update users set hash = :hash where id = :id and hash = :old
   * await passwords.verifyAndUpgrade(user?.hash, password, (hash, old) => users.replaceHash(user!.id, old, hash))
   */
  async verifyAndUpgrade(
    hash: string | undefined,
    password: string,
    save: (hash: string, old: string) => void | Promise<void>,
  ): Promise<boolean> {
    if (!(await this.verify(hash, password))) return false;
    if (this.needsRehash(hash!)) await save(await this.hash(password), hash!);
    return true;
  }

  /**
   * Everything that is held against a password, in words that complete "password …": length, kinds of characters, what is
   * known of its owner, how soon it is guessed, and whether it has leaked. An empty list: it is good.
   */
  async check(password: string, { username, email }: PasswordOwner = {}): Promise<string[]> {
    if (typeof password !== 'string') return ['must be a string'];
    const personal = [username, email].filter((known) => typeof known === 'string');
    const weaknesses = weaknessesBy(this.settings.policy, password, personal);
    if (weaknesses.length > 0 || !(await this.#isBreached(password))) return weaknesses;
    return ['has leaked before: it is on the lists that attackers try first'];
  }

  /** Was it hashed with another algorithm or less effort than today's? Then hash again at the next successful login. */
  needsRehash(hash: string): boolean {
    const cost = costOf(hash);
    if (cost === undefined || cost.algorithm !== 'argon2id') return true;
    const { memoryCost, timeCost, parallelism } = this.settings.cost;
    return cost.memoryCost < memoryCost || cost.timeCost < timeCost || cost.parallelism !== parallelism;
  }

  /** Open on purpose: a list that is down must not stop people from choosing a password that is good as far as we see. */
  async #isBreached(password: string): Promise<boolean> {
    const { breached } = this.settings;
    if (breached === undefined) return false;
    try {
      return await isBreached(password, breached);
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'not_an_error';
      this.events.emit({
        kind: 'breach_check_failed',
        timeMs: this.clock.now(),
        level: 'warning',
        subject: {},
        reason,
      });
      return false;
    }
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
