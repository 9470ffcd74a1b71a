import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinkPreviewController } from '../../sample-app/link-preview/link-preview.controller.js';
import { readPage } from '../../sample-app/link-preview/page.js';
import { PartnerDirectory } from '../../sample-app/partners/partner.directory.js';
import { PartnersController } from '../../sample-app/partners/partners.controller.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { hang, html, json, openSite, reset, type Reply, type Site } from '../outbound/third-party-site.js';
import { tokenFor } from '../tokens.js';
import { openShop, type Shop } from './shop.js';

const HOSTILE = [
  'https://127.0.0.1/',
  'https://localhost/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://169.254.169.254/latest/meta-data/iam/',
  'https://metadata.google.internal/computeMetadata/v1/',
  'https://168.63.129.16/',
  'https://100.64.0.1/',
  'https://0.0.0.0/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://224.0.0.1/',
  'http://example.com/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'data:text/html,<title>x</title>',
  'https://user:secret@example.com/',
  'https://example.com:22/',
  'https://example.com@127.0.0.1/',
  'https://intranet/',
  'https://printer.local/',
  'not a url',
  '',
];

describe.each(PLATFORMS)('requests of the shop to others on %s', (platform) => {
  let shop: Shop;
  let directory: Site;
  const before = process.env.SHOP_PARTNERS_URL;
  beforeAll(async () => {
    directory = await openSite(json({}));
    process.env.SHOP_PARTNERS_URL = directory.url;
    shop = await openShop(platform);
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.SHOP_PARTNERS_URL;
    else process.env.SHOP_PARTNERS_URL = before;
    await shop.close();
    await directory.close();
  });

  const preview = (url: unknown) => shop.as('alice', 'POST /link-preview', { body: { url } });
  const partner = (reply: Reply, id = 'acme') => {
    directory.replies = [reply];
    directory.asked.length = 0;
    return shop.as('bob', `GET /partners/${id}`);
  };

  it('preview no address that is not public, and always say the same', async () => {
    const texts = new Set<string>();
    for (const url of HOSTILE) {
      const answer = await preview(url);
      expect(answer.status, url).toBe(400);
      texts.add(answer.text);
    }
    expect([...texts].map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        type: 'about:blank',
        title: 'The input is not what this endpoint accepts.',
        status: 400,
        errors: [{ detail: 'url must be a URL that this API may ask', pointer: '#/url' }],
      },
    ]);
  });

  it('preview nothing for nobody, and nothing but a URL', async () => {
    expect((await shop.send('POST /link-preview', { body: { url: 'https://example.com' } })).status).toBe(401);
    for (const url of [7, null, ['https://example.com'], { href: 'https://example.com' }]) {
      expect((await preview(url)).status).toBe(400);
    }
    expect((await preview(directory.url)).status).toBe(400);
    expect(directory.asked).toEqual([]);
  });

  it('show a partner, and nothing more than its three fields', async () => {
    const answer = await partner(json({ id: 'acme', name: 'Acme', tier: 'gold', contract: 'secret', __proto__: 1 }));
    expect(answer).toMatchObject({ status: 200, body: { id: 'acme', name: 'Acme', tier: 'gold' } });
    expect(Object.keys(answer.body as object)).toEqual(['id', 'name', 'tier']);
    expect(directory.asked).toMatchObject([{ method: 'GET', target: '/v1/partners/acme' }]);
    expect(JSON.stringify(directory.asked)).not.toContain(shop.tokens.bob);
    expect((await partner(json({}, 404))).status).toBe(404);
  });

  it.each(['..', 'A', 'a_b', '%2e%2e%2fadmin', 'a%00', '-', 'x'.repeat(60), "1'%20or%20'1"])(
    'refuse the id %s before anybody is asked',
    async (id) => {
      expect((await partner(json({}), id)).status).toBeOneOf([400, 404]);
      expect(directory.asked).toEqual([]);
    },
  );

  it.each<[string, Reply]>([
    ['a field of another type', json({ id: 'acme', name: 7, tier: 'gold' })],
    ['an unknown tier', json({ id: 'acme', name: 'Acme', tier: 'platinum' })],
    ['a page', html('<h1>Internal dashboard of db-1</h1>')],
    ['a list', json([])],
    ['a redirect', json({}, 302, { location: 'http://169.254.169.254/' })],
    ['that it does not know us', json({ error: 'bad key sk_live_1' }, 401)],
  ])('answer 502 when the directory says %s', async (_what, reply) => {
    const answer = await partner(reply);
    expect(answer).toMatchObject({ status: 502, body: { type: 'about:blank', status: 502 } });
    expect(answer.text).not.toMatch(/db-1|sk_live|169\.254|platinum/);
  });

  it('answer 502 when the directory is broken, and 504 when it hangs', async () => {
    expect((await partner(html('stack trace', 500))).status).toBe(502);
    expect((await partner(json({ id: 'acme', name: 'Acme', tier: 'gold' }))).status).toBe(200);
    expect((await partner(reset)).status).toBe(502);
    expect((await partner(hang)).status).toBe(504);
  });
});

describe('the partner directory', () => {
  it('is a small one of the shop in development, and closes with it', async () => {
    const shop = await openShop('express');
    const url = shop.app.get(PartnerDirectory, { strict: false }).upstreams(process.env).partners!.baseUrl;
    try {
      const answer = await shop.as('alice', 'GET /partners/acme');
      expect(answer).toMatchObject({ status: 200, body: { id: 'acme', name: 'Acme Anvils', tier: 'gold' } });
      expect(answer.text).not.toContain('confidential');
      expect((await shop.as('alice', 'GET /partners/nobody')).status).toBe(404);
      // Its address is for the partners' routes: what a user names does not get there.
      expect((await shop.as('alice', 'POST /link-preview', { body: { url } })).status).toBe(400);
    } finally {
      await shop.close();
    }
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('is asked by https in production, and nowhere when nobody says where', async () => {
    const production = { NODE_ENV: 'production' };
    expect((await PartnerDirectory.open(production)).upstreams(production)).toEqual({});
    const set = { ...production, SHOP_PARTNERS_URL: 'https://partners.example.com' };
    const { partners } = (await PartnerDirectory.open(set)).upstreams(set);
    expect(partners).toMatchObject({ baseUrl: 'https://partners.example.com' });
    expect(partners).not.toHaveProperty('dangerouslyAllowPrivate');
  });

  it('is missed with a 503 where there is none', async () => {
    const app = await bootApp({ controllers: [PartnersController] });
    try {
      const token = await tokenFor('alice');
      const answer = await app.send('GET /partners/acme', { token });
      expect(answer).toMatchObject({ status: 503, body: { title: 'Please try again later.' } });
    } finally {
      await app.close();
    }
  });
});

describe('a link preview', () => {
  let pages: Site;
  let app: TestApp;
  beforeAll(async () => {
    pages = await openSite(html(''));
    // Called past the rule of the DTO, which lets no address of this machine through.
    const outbound = { schemes: ['https', 'http'], dangerouslyAllowPrivate: [pages.host] } as const;
    app = await bootApp({ controllers: [LinkPreviewController], security: { outbound } });
  });
  afterAll(async () => {
    await app.close();
    await pages.close();
  });
  const preview = (...replies: Reply[]) => {
    pages.replies = replies;
    return app.app.get(LinkPreviewController).preview({ url: pages.url });
  };

  it('is title and description of a page, and nothing else', async () => {
    const page = '<title>Hello</title><meta name="description" content="World"><script>secret</script>';
    expect(await preview(html(page))).toEqual({ url: pages.url, title: 'Hello', description: 'World' });
    expect(await preview(html(''))).toEqual({ url: pages.url, title: null, description: null });
  });

  it.each<[string, string, string | undefined, string]>([
    ['its Content-Type', 'text/html; charset=ISO-8859-1', undefined, '<title>Gr\u00FC\u00DFe</title>'],
    ['its head', 'text/html', undefined, '<meta charset="windows-1252"><title>Gr\u00FC\u00DFe</title>'],
    ['neither, and is UTF-8', 'text/html', 'utf8', '<title>Gr\u00FC\u00DFe</title>'],
    ['what nobody knows', 'text/html; charset=klingon', 'utf8', '<title>Gr\u00FC\u00DFe</title>'],
  ])('is read in the letters of %s', async (_where, type, encoding = 'latin1', page) => {
    const reply: Reply = (_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(Buffer.from(page, encoding as BufferEncoding));
    };
    expect(await preview(reply)).toMatchObject({ title: 'Gr\u00FC\u00DFe' });
  });

  it('lets go of a page that is an error', async () => {
    let hungUp: () => void;
    const hangsUp = new Promise<void>((resolve) => (hungUp = resolve));
    const endless: Reply = (_request, response) => {
      response.on('close', () => hungUp());
      response.writeHead(500, { 'content-type': 'text/html' }).write('x');
    };
    await expect(preview(endless)).rejects.toMatchObject({ code: 'bad_gateway' });
    await hangsUp;
  });

  it('follows a page that has moved, and not to the inside', async () => {
    const moved = (location: string): Reply => json('', 301, { location });
    expect(await preview(moved('/new'), html('<title>New</title>'))).toMatchObject({ title: 'New' });
    await expect(preview(moved('http://10.0.0.1/'))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(preview(moved('file:///etc/passwd'))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(preview(moved('/again'))).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it.each<[string, Reply]>([
    ['something else than HTML', json({ title: 'x' })],
    ['an error', html('<title>Not found</title>', 404)],
    ['more than a page', html('x'.repeat(600 * 1024))],
    ['nothing, and hangs up', reset],
  ])('is a 502 where the answer is %s', async (_what, reply) => {
    await expect(preview(reply)).rejects.toMatchObject({ code: 'bad_gateway' });
  });
});

describe('the words of a page', () => {
  it.each([
    ['<title>Hello</title>', { title: 'Hello', description: null }],
    ['<TITLE>A &amp; B</TITLE><meta name="Description" content="x &lt; y">', { title: 'A & B', description: 'x < y' }],
    ['<meta property="og:description" content="og">', { title: null, description: 'og' }],
    [
      '<meta name=description content=first><meta name=description content=second>',
      { title: null, description: 'first' },
    ],
    ['<title>  a\n\tb\u0000\u202Ec </title>', { title: 'a bc', description: null }],
    ['<title>one</title><title>two</title>', { title: 'one', description: null }],
    ['<body><svg><title>picture</title></svg>', { title: null, description: null }],
    ['<head></head><meta name="description" content="late">', { title: null, description: null }],
    ['<!-- <title>no</title> --><title><b>x</b></title>', { title: '<b>x</b>', description: null }],
    ['<title>open', { title: 'open', description: null }],
    ['', { title: null, description: null }],
    ['\u0000<<<>>>&&&;', { title: null, description: null }],
  ])('of %j are %j', (page, words) => {
    expect(readPage(page)).toEqual(words);
  });

  it('are short', () => {
    const { title, description } = readPage(
      `<title>${'\u{1F600}'.repeat(5_000)}</title><meta name="description" content="${'y'.repeat(50_000)}">`,
    );
    expect([[...title!].length, description!.length]).toEqual([200, 500]);
    expect(title).toBe('\u{1F600}'.repeat(200));
  });

  it('are found in little time, whatever the page is', () => {
    const pages = [
      '<a>'.repeat(80_000) + '</b>'.repeat(60_000),
      `<a ${'b '.repeat(200_000)}>`,
      '<'.repeat(500_000),
      `<title>${'&'.repeat(500_000)}`,
      '<!--'.repeat(100_000),
    ];
    const startedMs = performance.now();
    for (const page of pages) readPage(page);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });
});
