import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readTicket, writeTicket } from '../../lib/throttling/sensitive-flow/flow-ticket.js';
import { solveProofOfWork } from '../../lib/index.js';

const secret = Buffer.from('a-secret-of-more-than-32-bytes-for-tests-only');
const ticket = (difficulty: number) => writeTicket(secret, { flow: 'buy', difficulty, issuedAtMs: 1, expiresAtMs: 2 });

describe('solving a proof of work', () => {
  it.each([1, 4, 8, 12])('finds a hash with %i leading zero bits, as SHA-256 has it', async (difficulty) => {
    for (let round = 0; round < 5; round++) {
      const challenge = ticket(difficulty);
      const token = await solveProofOfWork(challenge);
      expect(token.startsWith(`${challenge}.`)).toBe(true);
      const counter = token.slice(challenge.length + 1);
      const digest = createHash('sha256')
        .update(`${readTicket(secret, challenge)!.id}.${counter}`)
        .digest();
      expect(Math.clz32(digest.readUInt32BE(0))).toBeGreaterThanOrEqual(difficulty);
    }
  });

  it('finds the first such number, so that no hash of its own is wrong on the way', async () => {
    const challenge = ticket(10);
    const { id } = readTicket(secret, challenge)!;
    let counter = 0;
    while (Math.clz32(createHash('sha256').update(`${id}.${counter}`).digest().readUInt32BE(0)) < 10) counter++;
    expect(await solveProofOfWork(challenge)).toBe(`${challenge}.${counter}`);
  });

  it.each([
    '',
    'x',
    'ft1.buy.0.1.2.aaaaaaaaaaaaaaaaaaaaaa.x',
    'ft2.buy.8.1.2.aaaaaaaaaaaaaaaaaaaaaa.x',
    'ft1.buy.8.1.2.short.x',
  ])('refuses %j', async (challenge) => {
    await expect(solveProofOfWork(challenge)).rejects.toThrow('This is no challenge.');
  });
});

describe('a flow ticket', () => {
  it('says what it was made with', () => {
    const init = { flow: 'buy-now', difficulty: 18, issuedAtMs: 1_767_225_600_000, expiresAtMs: 1_767_225_900_000 };
    const text = writeTicket(secret, init);
    expect(readTicket(secret, text)).toEqual({ ...init, id: expect.stringMatching(/^[\w-]{22}$/) });
    expect(readTicket(secret, writeTicket(secret, init))!.id).not.toBe(readTicket(secret, text)!.id);
  });

  it('does not hold when any part of it was changed, or another secret signed it', () => {
    const text = ticket(8);
    const parts = text.split('.');
    for (const [index, part] of parts.entries()) {
      const changed = [...parts];
      changed[index] = index === 1 ? 'sell' : part.slice(0, -1) + (part.endsWith('1') ? '2' : '1');
      expect(readTicket(secret, changed.join('.')), changed[index]).toBeUndefined();
    }
    expect(readTicket(Buffer.alloc(32, 1), text)).toBeUndefined();
    for (const odd of ['', `${text}.1`, ` ${text}`, `${text}\n`, text.replace('ft1', 'FT1')]) {
      expect(readTicket(secret, odd)).toBeUndefined();
    }
  });
});
