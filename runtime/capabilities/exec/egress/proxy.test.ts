import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEndpointPattern } from '../../net/endpoint.ts';
import { type EgressBounds, egressBounds, Gateway, type GatewaySetup } from './gateway.ts';
import { createProxy } from './proxy.ts';
import { echoServer, httpServer } from './testing/world.ts';

/** A gateway to `api.test:*`, with its proxy on this machine's loopback. */
class TestProxy implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly lookups: string[] = [];
  readonly #server: Server;

  private constructor(bounds: Partial<EgressBounds>, address: () => string) {
    const parsed = parseEndpointPattern('api.test:*');
    if ('problem' in parsed) throw new TypeError(parsed.problem);
    const setup: GatewaySetup = {
      rules: [{ endpoints: [parsed.pattern], private: true }],
      recheck: () => ({ kind: 'allowed', effective: undefined, decided_by: [] }),
      within: () => ({ moved: () => undefined, end: () => undefined }),
      lookup: async (name) => {
        this.lookups.push(name);
        return [{ address: address(), family: 4 }];
      },
      signal: new AbortController().signal,
      bounds: { ...egressBounds, ...bounds },
      onRefused: () => undefined,
    };
    this.gateway = new Gateway(setup);
    const proxy = createProxy(this.gateway);
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.gateway.admit(client)) proxy(client);
    });
  }

  static async start(
    bounds: Partial<EgressBounds> = {},
    address: () => string = () => '127.0.0.1',
  ): Promise<TestProxy> {
    const proxy = new TestProxy(bounds, address);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  client(): Socket {
    // A TCP server that listens has such an address.
    const socket = connect({
      port: (this.#server.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    socket.on('error', () => undefined);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gateway[Symbol.dispose]();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Sends all of it and reads to the end. */
async function exchange(proxy: TestProxy, bytes: string | Buffer): Promise<Buffer> {
  const client = proxy.client();
  client.end(bytes);
  return buffer(client);
}

function socksRequest(command: number, host: string, port: number): Buffer {
  return Buffer.from([5, 1, 0, 5, command, 0, 3, host.length, ...Buffer.from(host), port >> 8, port & 0xff]);
}

describe('the proxy of an egress', () => {
  test('sends on what came right behind the request, by either protocol', async () => {
    await using server = await echoServer('');
    await using proxy = await TestProxy.start();
    const http = await exchange(proxy, `CONNECT api.test:${server.port} HTTP/1.1\r\n\r\nearly`);
    expect(http.toString()).toBe('HTTP/1.1 200 Connection established\r\n\r\nearly');
    const socks = await exchange(
      proxy,
      Buffer.concat([socksRequest(1, 'api.test', server.port), Buffer.from('early')]),
    );
    expect([...socks.subarray(0, 4)]).toEqual([5, 0, 5, 0]);
    expect(socks.subarray(12).toString()).toBe('early');
  });

  test('reads SOCKS however it is cut', async () => {
    await using server = await echoServer('');
    await using proxy = await TestProxy.start();
    const client = proxy.client();
    client.setNoDelay();
    await once(client, 'connect');
    for (const byte of Buffer.concat([socksRequest(1, 'api.test', server.port), Buffer.from('x')])) {
      await new Promise((resolve) => client.write(Buffer.from([byte]), resolve));
    }
    client.end();
    expect((await buffer(client)).subarray(12).toString()).toBe('x');
  });

  test.each([
    ['BIND', 2, 'api.test', 7],
    ['UDP', 3, 'api.test', 7],
    ['a name that is not granted', 1, 'other.test', 2],
  ])('refuses SOCKS with %s', async (_what, command, host, code) => {
    await using proxy = await TestProxy.start();
    expect([...(await exchange(proxy, socksRequest(command, host, 80)))].slice(2, 4)).toEqual([5, code]);
    expect(proxy.lookups).toEqual([]);
  });

  test.each(['a\u001b[2Jb', 'a\nb', 'a b', '*', '', 'api.test:80'])(
    'takes %j for no host, and writes it nowhere',
    async (host) => {
      await using proxy = await TestProxy.start();
      expect([...(await exchange(proxy, socksRequest(1, host, 80)))].slice(2, 4)).toEqual([5, 5]);
      expect(proxy.gateway.facts()).toEqual({ endpoints: [], bytes: 0 });
    },
  );

  test('asks each name once for a connection, and goes where it was checked', async () => {
    await using server = await echoServer('hi');
    const answers = ['127.0.0.1', '169.254.169.254'];
    await using proxy = await TestProxy.start({}, () => answers.shift() ?? 'none');
    const ask = `CONNECT api.test:${server.port} HTTP/1.1\r\n\r\n`;
    expect((await exchange(proxy, ask)).toString()).toMatch(/^HTTP\/1.1 200 .*\r\n\r\nhi$/s);
    expect((await exchange(proxy, ask)).toString()).toMatch(/^HTTP\/1.1 403 /);
    expect(proxy.lookups).toEqual(['api.test', 'api.test']);
  });

  test('decides over each request of a connection that is kept', async () => {
    await using server = await httpServer();
    await using proxy = await TestProxy.start();
    const to = (host: string): string =>
      `GET http://${host}:${server.port}/ HTTP/1.1\r\nHost: ${host}:${server.port}\r\n\r\n`;
    const client = proxy.client();
    client.write(to('api.test') + to('other.test'));
    expect((await text(client)).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
    expect(server.seen).toHaveLength(1);
  });

  test.each([
    'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n',
    'GET https://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\n',
    'nonsense\r\n\r\n',
  ])('refuses %j', async (request) => {
    await using proxy = await TestProxy.start();
    expect((await exchange(proxy, request)).toString()).toMatch(/^HTTP\/1.1 400 /);
  });

  test('bears any bytes', async () => {
    await using proxy = await TestProxy.start();
    const socks = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from([5, ...bytes]));
    const http = fc.string({ unit: 'binary', maxLength: 60 }).map((rest) => Buffer.from(`CONNECT ${rest}\r\n\r\n`));
    const any = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(socks, http, any), async (bytes) => {
        const answer = await exchange(proxy, bytes);
        expect(answer.toString('latin1')).not.toMatch(/^HTTP\/1.1 200/);
      }),
      { numRuns: 200 },
    );
    expect(proxy.gateway.facts()).toMatchObject({ bytes: 0 });
  });
});

describe('the bounds of an egress', () => {
  test('close connections over the number that may be open, and let others in when these end', async () => {
    await using server = await echoServer('hi');
    await using proxy = await TestProxy.start({ parallel: 2 });
    const ask = `CONNECT api.test:${server.port} HTTP/1.1\r\n\r\n`;
    const open = [proxy.client(), proxy.client()];
    for (const client of open) {
      client.write(ask);
      await once(client, 'data');
    }
    expect((await exchange(proxy, ask).catch(() => Buffer.alloc(0))).toString()).toBe('');
    const [first] = open;
    first?.destroy();
    await once(server.seen[0] ?? proxy.client(), 'close');
    await expect.poll(async () => (await exchange(proxy, ask).catch(() => Buffer.alloc(0))).toString()).toContain('hi');
    for (const client of open) client.destroy();
  });

  test('end the exec after so many bytes, both ways together', async () => {
    await using server = await echoServer('');
    await using proxy = await TestProxy.start({ bytes: 1000 });
    const client = proxy.client();
    client.write(`CONNECT api.test:${server.port} HTTP/1.1\r\n\r\n${'x'.repeat(600)}`);
    await expect(proxy.gateway.exceeded).resolves.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('1000 bytes'),
    });
    client.destroy();
  });

  test('end the exec after so many connections, refused ones too', async () => {
    await using proxy = await TestProxy.start({ connections: 3 });
    for (const _ of [1, 2, 3, 4]) await exchange(proxy, 'CONNECT other.test:1 HTTP/1.1\r\n\r\n').catch(() => undefined);
    await expect(proxy.gateway.exceeded).resolves.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('keep the list for the audit short', async () => {
    await using proxy = await TestProxy.start();
    for (const port of Array(120).keys()) await exchange(proxy, `CONNECT other.test:${port + 1} HTTP/1.1\r\n\r\n`);
    const { endpoints, not_listed: rest } = proxy.gateway.facts();
    expect([endpoints, rest]).toEqual([expect.objectContaining({ length: 100 }), 20]);
  });

  test('close everything at the end', async () => {
    await using server = await echoServer('hi');
    const proxy = await TestProxy.start();
    const client = proxy.client();
    client.write(`CONNECT api.test:${server.port} HTTP/1.1\r\n\r\n`);
    await once(client, 'data');
    const closed = Promise.all([once(client, 'close'), ...server.seen.map((socket) => once(socket, 'close'))]);
    client.resume();
    await proxy[Symbol.asyncDispose]();
    server.seen.map((socket) => socket.end());
    client.end();
    await closed;
    expect(proxy.gateway.facts()).toMatchObject({ endpoints: [{ connections: 1, received: 2 }] });
  });
});
