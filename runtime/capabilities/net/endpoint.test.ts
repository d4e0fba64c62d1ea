import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markQuoted } from '../quoted.ts';
import { connectEndpoint, type FindRules, matchesEndpoint, parseEndpointPattern } from './endpoint.ts';

function matches(text: string, host: string, port: number): boolean {
  const parsed = parseEndpointPattern(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return matchesEndpoint(parsed.pattern, { host, port });
}

describe('an endpoint of an entry', () => {
  it.each([
    ['example.com:22', 'example.com', 22, true],
    ['example.com:22', 'EXAMPLE.com.', 22, true],
    ['example.com:22', 'example.com', 23, false],
    ['example.com:22', 'example.com.evil.org', 22, false],
    ['*.example.com:22', 'a.example.com', 22, true],
    ['*.example.com:22', 'example.com', 22, false],
    ['127.0.0.1:22', '0x7f.1', 22, true],
    ['[::1]:22', '0:0:0:0:0:0:0:1', 22, true],
    ['*:443', 'anything.example', 443, true],
    ['example.com:*', 'example.com', 1, true],
    ['example.com:22', 'example.com@evil.org', 22, false],
    ['example.com:22', 'example.com/', 22, false],
  ])('%s means %s %i: %s', (text, host, port, expected) => {
    expect(matches(text, host, port)).toBe(expected);
  });

  it.each(['example.com', 'example.com:0', 'example.com:70000', 'a b:1', 'user@host:1', '*x:1', '*.1.2.3.4:1', ':22'])(
    'refuses %s',
    (text) => {
      expect(parseEndpointPattern(text)).toHaveProperty('problem');
    },
  );

  it('never takes a pattern from an input', () => {
    const marked = markQuoted('*');
    expect(marked).toHaveProperty('text');
    const { text } = marked as { text: string };
    expect(parseEndpointPattern(`${text}:22`)).toHaveProperty('problem');
    expect(parseEndpointPattern(`${text}.example.com:22`)).toHaveProperty('problem');
  });
});

describe('connecting to an endpoint', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((socket) => void socket.on('error', () => undefined).end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(() => void server.close());

  const rules = (over: Partial<FindRules>): FindRules => ({
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    permits: () => true,
    denies: () => undefined,
    capability: 'test',
    signal: new AbortController().signal,
    timeout_ms: 5000,
    ...over,
  });

  it('goes to the address that was checked', async () => {
    const { socket, address } = await connectEndpoint({ host: 'name.example', port }, rules({}));
    expect(address).toBe('127.0.0.1');
    socket.destroy();
  });

  it.each([
    ['a name with a private address', 'name.example', { permits: () => false }],
    ['a private address', '127.0.0.1', { permits: () => false }],
    ['an IPv6 form of it', '::ffff:127.0.0.1', { permits: () => false }],
    ['a metadata address that is not named', '169.254.169.254', { permits: (at: string) => at === 'private' }],
    [
      'a name that leads to a metadata address',
      'm.example',
      { lookup: async () => [{ address: '169.254.169.254', family: 4 }] },
    ],
    [
      'a name with one address that is refused',
      'two.example',
      {
        permits: () => false,
        lookup: async () => [
          { address: '93.184.216.34', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ],
      },
    ],
    ['a multicast address', '224.0.0.1', {}],
  ])('refuses %s', async (_what, host, over) => {
    await expect(connectEndpoint({ host, port }, rules(over))).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('says what came of a connection that was refused, timed out or cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(connectEndpoint({ host: '127.0.0.1', port: 1 }, rules({}))).rejects.toMatchObject({ code: 'FAILED' });
    await expect(
      connectEndpoint({ host: 'slow.example', port }, rules({ lookup: () => new Promise(() => {}), timeout_ms: 20 })),
    ).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(
      connectEndpoint({ host: '127.0.0.1', port }, rules({ signal: controller.signal })),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
