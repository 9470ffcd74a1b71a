/** A DNS server on loopback that says what a test wants, each time anew. RFC 1035 §4. */

import { createSocket, type Socket } from 'node:dgram';
import { Resolver, type LookupAddress } from 'node:dns';
import type { AddressInfo } from 'node:net';
import type { SafeLookup } from '../../lib/fetch.js';

export interface DnsServer {
  /** Asks this server and nobody else: A and AAAA, as `dns.lookup` would. */
  readonly lookup: SafeLookup;
  /** Names that were asked for their A record, first to last. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const A = 1;
const AAAA = 28;

/** @param answer The addresses of a name the nth time that it is asked for, counted from 0. None: NXDOMAIN. */
export async function dnsServer(answer: (name: string, time: number) => readonly string[]): Promise<DnsServer> {
  const asked: string[] = [];
  const times = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, type, question } = questionOf(query);
    const time = times.get(`${type} ${name}`) ?? 0;
    times.set(`${type} ${name}`, time + 1);
    if (type === A) asked.push(name);
    const addresses = answer(name, time);
    const records = addresses.filter((text) => text.includes(':') === (type === AAAA));
    socket.send(replyOf(query, question, type, records, addresses.length === 0), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { asked, lookup: lookupAt(socket), close: () => new Promise((resolve) => void socket.close(resolve)) };
}

function lookupAt(socket: Socket): SafeLookup {
  const { port } = socket.address() as AddressInfo;
  return (hostname, _options, callback) => {
    const resolver = new Resolver({ tries: 1, timeout: 1000 });
    resolver.setServers([`127.0.0.1:${port}`]);
    resolver.resolve4(hostname, (error, ipv4) => {
      resolver.resolve6(hostname, (otherError, ipv6) => {
        const found: LookupAddress[] = [
          ...(error ? [] : ipv4.map((address) => ({ address, family: 4 }))),
          ...(otherError ? [] : ipv6.map((address) => ({ address, family: 6 }))),
        ];
        if (found.length > 0) callback(null, found);
        else callback(error ?? otherError, []);
      });
    });
  };
}

function questionOf(query: Buffer): { name: string; type: number; question: Buffer } {
  const labels: string[] = [];
  let at = 12;
  while (query[at]! > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    at += 1 + query[at]!;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5),
  };
}

function replyOf(
  query: Buffer,
  question: Buffer,
  type: number,
  addresses: readonly string[],
  missing: boolean,
): Buffer {
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(missing ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const data = type === A ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    // A time to live of zero: the next connection asks again.
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, question, ...records]);
}

function ipv6Bytes(address: string): Buffer {
  const [before = '', after] = address.split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const [left, right] = [words(before), words(after ?? '')];
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
