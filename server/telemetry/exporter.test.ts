import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createServerLog } from '../log.ts';
import { realClock } from '../logs/testing/written-run.ts';
import { createSpanExporter } from './exporter.ts';
import { sendOverHttp } from './send.ts';
import type { Span, Spans } from './span.ts';

interface SentSpans {
  readonly resourceSpans: readonly [{ readonly scopeSpans: readonly [{ readonly spans: readonly unknown[] }] }];
}

interface Collector {
  readonly exporter: Spans & AsyncDisposable;
  readonly bodies: readonly SentSpans[];
  readonly headers: IncomingMessage['headers'][];
  readonly logged: () => string;
}

/** A collector of its own that answers as it is told, and an exporter for it. */
async function collector(answer: (response: ServerResponse, count: number) => void): Promise<Collector> {
  const bodies: SentSpans[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      headers.push(request.headers);
      answer(response, bodies.length);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  let logged = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString();
      done();
    },
  });
  // A server that listens on a port has an address of that kind.
  const { port } = server.address() as AddressInfo;
  const exporter = createSpanExporter({
    settings: {
      url: `http://127.0.0.1:${port}/v1/traces`,
      headers: { 'x-key': 'k' },
      resource: { 'service.name': 's' },
    },
    send: sendOverHttp,
    clock: realClock,
    log: createServerLog({ level: 'info', stream, now: Date.now }),
  });
  return { exporter, bodies, headers, logged: () => logged };
}

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = (more: Partial<Span> = {}): Span => ({
  context: { trace, parent: 'b7ad6b7169203331', sampled: true },
  parent: '00f067aa0ba902b7',
  name: 'GET /v1/workflows',
  kind: 'server',
  from: 1_700_000_000_123,
  to: 1_700_000_000_125,
  attributes: { route: '/x', status: 200, ratio: 0.5, streamed: false },
  failed: true,
  ...more,
});

describe('spans', () => {
  it('are sent as OTLP has them, at the latest when the server ends', async () => {
    const { exporter, bodies, headers } = await collector((response) => void response.end('{}'));
    exporter.ended(span());
    exporter.ended(span({ context: { trace, parent: 'b7ad6b7169203331', sampled: false } }));
    await exporter[Symbol.asyncDispose]();
    expect(headers[0]).toMatchObject({ 'x-key': 'k', 'content-type': 'application/json' });
    expect(bodies).toEqual([
      {
        resourceSpans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
            scopeSpans: [
              {
                scope: { name: 'waterflow' },
                spans: [
                  {
                    traceId: trace,
                    spanId: 'b7ad6b7169203331',
                    parentSpanId: '00f067aa0ba902b7',
                    flags: 1,
                    name: 'GET /v1/workflows',
                    kind: 2,
                    startTimeUnixNano: '1700000000123000000',
                    endTimeUnixNano: '1700000000125000000',
                    attributes: [
                      { key: 'route', value: { stringValue: '/x' } },
                      { key: 'status', value: { intValue: '200' } },
                      { key: 'ratio', value: { doubleValue: 0.5 } },
                      { key: 'streamed', value: { boolValue: false } },
                    ],
                    status: { code: 2 },
                  },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('are sent in batches, and again where the collector can not take them now', async () => {
    const done = Promise.withResolvers<void>();
    const { exporter, bodies, logged } = await collector((response, count) => {
      response.statusCode = count === 1 ? 503 : 200;
      response.end();
      if (count === 3) done.resolve();
    });
    for (let index = 0; index < 600; index += 1) exporter.ended(span());
    await done.promise;
    const sizes = bodies.map((body) => body.resourceSpans[0].scopeSpans[0].spans.length);
    expect(sizes).toEqual([512, 512, 88]);
    expect(logged().match(/spans can not be exported/gu)).toHaveLength(1);
    await exporter[Symbol.asyncDispose]();
  });

  it('that are refused are gone, and those that are too many are dropped, with a line in the log each', async () => {
    const { exporter, bodies, logged } = await collector((response) => {
      response.statusCode = 400;
      response.end('bad');
    });
    for (let index = 0; index < 5000; index += 1) exporter.ended(span());
    await exporter[Symbol.asyncDispose]();
    expect(bodies).toHaveLength(8);
    expect(logged()).toContain('"reason":"400 bad"');
    expect(logged()).toContain('"spans":904');
  });

  it('keep a server that ends no longer than a moment', async () => {
    const { exporter } = await collector(() => {});
    exporter.ended(span());
    const before = Date.now();
    await exporter[Symbol.asyncDispose]();
    expect(Date.now() - before).toBeLessThan(5000);
  });
});
