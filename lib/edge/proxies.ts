/** Which peers are our own proxies, whose word about the client we take? */

import ipaddr from 'ipaddr.js';
import { nearest, optionError } from '../core/checks.js';
import { parseAddress, type Address } from './address.js';

/** Names for the ranges that people mean most. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** A peer on a Unix socket has no address: only a declaration by name can mean it. */
const UNIX = 'unix';

type Range = readonly [address: Address, bits: number];

export class Proxies {
  readonly #ranges: readonly Range[];
  readonly #unix: boolean;

  /**
   * @param declared CIDR ranges, single addresses, `loopback`, `linklocal`, `private`, `unix`.
   * @throws TypeError for anything else, and for a range that holds everybody.
   */
  constructor(declared: readonly string[] = [], option = 'proxies') {
    if (!Array.isArray(declared)) {
      throw optionError(
        option,
        declared,
        'does not say who the proxies are',
        "List them, e.g. ['10.0.0.0/8', 'loopback']: `true` or a number of hops lets any client choose its address.",
      );
    }
    this.#unix = declared.includes(UNIX);
    this.#ranges = (declared as readonly string[])
      .filter((entry) => entry !== UNIX)
      .flatMap((entry, index) => rangesOf(entry, `${option}[${index}]`));
  }

  /** False: nobody may say on whose behalf it calls, and no header needs to be read. */
  get any(): boolean {
    return this.#unix || this.#ranges.length > 0;
  }

  /** Is this peer one of them? Undefined is a peer without an address. */
  trusts(address: Address | undefined): boolean {
    if (address === undefined) return this.#unix;
    return this.#ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  }
}

function rangesOf(entry: unknown, option: string): Range[] {
  if (typeof entry !== 'string') throw unknownProxy(option, entry);
  if (Object.hasOwn(NAMED, entry)) return NAMED[entry]!.flatMap((named) => rangesOf(named, option));
  const [text = '', prefix, ...rest] = entry.split('/');
  const address = parseAddress(text);
  if (address === undefined || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    throw unknownProxy(option, entry);
  }
  const most = address instanceof ipaddr.IPv4 ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  if (bits > most) throw unknownProxy(option, entry);
  if (bits === 0) {
    throw optionError(option, entry, 'is everybody', 'Name your own proxies: whoever is one may claim any address.');
  }
  return [[address, bits]];
}

function unknownProxy(option: string, entry: unknown): TypeError {
  const near = typeof entry === 'string' ? nearest(entry, [...Object.keys(NAMED), UNIX]) : undefined;
  const fix = near ? `Did you mean "${near}"?` : "Use e.g. '10.0.0.0/8', '2001:db8::/32', 'loopback' or 'unix'.";
  return optionError(option, entry, 'is no address range', fix);
}
