/** Which addresses does a name have, and may all of them be dialled? */

import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { OutboundError } from './outbound-error.js';
import type { SafeLookup } from './safe-fetch.options.js';
import { checkAddress } from './url-policy.js';

/** An answer with more is refused: no site needs them, and each would have to be judged. */
const MOST_ADDRESSES = 64;

/** Of each family, in the order of the answer. The others would only be dialled after these had failed. */
const MOST_DIALLED = 4;

/**
 * A look-up for `net.connect`, which dials what it answers and nothing else: there is no second look-up in between that
 * could say something else (DNS rebinding). One address that may not be dialled refuses the whole answer: which one of them
 * a connection ends at would be chance, and a public name has no business pointing inside.
 */
export function judgedLookup(lookup: SafeLookup, privateAllowed: boolean): LookupFunction {
  return function judged(hostname, options, callback) {
    addressesOf(hostname, lookup, (error, answer) => {
      try {
        if (error) throw error;
        const addresses = judge(hostname, answer, privateAllowed);
        if (options.all) return callback(null, addresses);
        return callback(null, addresses[0]!.address, addresses[0]!.family);
      } catch (refusal) {
        return callback(refusal as OutboundError, []);
      }
    });
  };
}

/** The same as a promise, for whoever dials by other means. */
export function lookUpJudged(hostname: string, lookup: LookupFunction): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses as LookupAddress[]);
    });
  });
}

type Answer = string | readonly LookupAddress[];

function addressesOf(
  hostname: string,
  lookup: SafeLookup,
  answer: (error: OutboundError | undefined, addresses: Answer) => void,
): void {
  let answered = false;
  const once = (error: unknown, addresses: Answer): void => {
    if (answered) return;
    answered = true;
    answer(error ? dnsFailure(hostname, error) : undefined, addresses);
  };
  try {
    const running: unknown = (lookup as (...args: Parameters<SafeLookup>) => unknown)(hostname, { all: true }, once);
    // An async one that fails would be nobody's error, and end the process.
    if (running instanceof Promise) running.catch((error: unknown) => once(error, []));
  } catch (error) {
    once(error, []);
  }
}

function judge(hostname: string, answer: Answer, privateAllowed: boolean): LookupAddress[] {
  const list: readonly unknown[] = Array.isArray(answer) ? answer : [{ address: answer }];
  if (list.length > MOST_ADDRESSES) {
    throw new OutboundError(
      'dns_failed',
      `${hostname} has ${list.length} addresses, ${MOST_ADDRESSES} at most are read`,
    );
  }
  const addresses = list.map((entry) => {
    const address: unknown = typeof entry === 'object' && entry !== null && 'address' in entry ? entry.address : entry;
    const family = typeof address === 'string' ? isIP(address) : 0;
    if (typeof address !== 'string' || family === 0) {
      throw new OutboundError('dns_failed', `${hostname} was looked up to what is no address`);
    }
    checkAddress(hostname, address, privateAllowed);
    return { address, family };
  });
  if (addresses.length === 0) throw new OutboundError('dns_failed', `${hostname} has no address`);
  const seen: Record<number, number> = {};
  return addresses.filter(({ family }) => (seen[family] = (seen[family] ?? 0) + 1) <= MOST_DIALLED);
}

function dnsFailure(hostname: string, error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
  return new OutboundError('dns_failed', `looking up ${hostname}: ${code}`, { cause: error });
}
