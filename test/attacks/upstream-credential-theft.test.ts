/** A partner, or somebody on the way, wants the key that the partner knows us by, or wants our trust for another place. */

import 'reflect-metadata';
import { inspect } from 'node:util';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientOf, json, openSite, type Reply, type Site } from '../outbound/third-party-site.js';

class Thing {
  @IsString() id!: string;
}

const KEY = 'sk_live_0123456789';

let partner: Site;
let thief: Site;
beforeAll(async () => {
  partner = await openSite(json({ id: 'a' }));
  thief = await openSite(json({ id: 'stolen' }));
});
beforeEach(() => {
  partner.asked.length = 0;
  thief.asked.length = 0;
});
afterAll(async () => {
  await partner.close();
  await thief.close();
});

const under = () =>
  clientOf(partner, { auth: { bearer: KEY }, dangerouslyAllowPrivate: [partner.host, thief.host], retries: 0 });

describe('the key of an upstream', () => {
  it.each([301, 302, 303, 307, 308])('does not follow a redirect of status %i', async (status) => {
    const away: Reply = (_request, response) => void response.writeHead(status, { location: thief.url }).end();
    partner.replies = [away];
    const { client, events } = under();
    await expect(client.get('partners', '/v1', { schema: Thing })).rejects.toMatchObject({ code: 'bad_gateway' });
    expect([partner.asked.length, thief.asked.length]).toEqual([1, 0]);
    expect(events).toMatchObject([{ kind: 'upstream_failed', reason: `status ${status}` }]);
    expect(JSON.stringify(events)).not.toContain(thief.host);
  });

  it('goes to its own upstream when another is asked', async () => {
    partner.replies = [json({ id: 'a' })];
    const { client } = clientOf(partner, { auth: { bearer: KEY } }, {});
    await client.get('partners', '/v1', { schema: Thing });
    await clientOf(thief).client.get('partners', '/v1', { schema: Thing });
    expect(partner.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.stringify(thief.asked)).not.toContain(KEY);
  });

  it.each<[string, Reply]>([
    ['echoes it', (request, response) => void response.writeHead(401).end(request.headers.authorization)],
    [
      'echoes it as data',
      (request, response) => json({ id: 7, [KEY]: request.headers.authorization })(request, response),
    ],
    ['echoes it in a header', (request, response) => void response.writeHead(503, { 'x-echo': request.headers.authorization }).end()], // prettier-ignore
    ['hangs up', (request) => void request.socket.destroy()],
  ])('stands in no error and no event of an upstream that %s', async (_what, reply) => {
    partner.replies = [reply];
    const { client, events } = under();
    const error: unknown = await client.get('partners', '/v1', { schema: Thing }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad_gateway' });
    expect(inspect([error, events, client], { depth: 20, showHidden: true })).not.toContain(KEY);
  });

  it('cannot be sent to a host inside when the name of the upstream is made to lead there', async () => {
    const lookup = ((_host, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }])) satisfies NonNullable<
      Parameters<typeof clientOf>[2]
    >['lookup'];
    const { client, events } = clientOf(
      partner,
      { baseUrl: 'https://api.partner.example', auth: { bearer: KEY }, dangerouslyAllowPrivate: undefined as never },
      { lookup },
    );
    await expect(client.get('partners', '/v1', { schema: Thing })).rejects.toMatchObject({ code: 'bad_gateway' });
    expect(events).toMatchObject([{ reason: expect.stringMatching(/^address_refused: 127\.0\.0\.1/) }]);
    expect(partner.asked).toEqual([]);
  });
});
