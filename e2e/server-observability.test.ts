import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askServer, endedRun, logOf, type ServerProcess, serverPlace } from './server-process.ts';

const workflow = `name: traced
on: manual
jobs:
  build:
    runs-on: local
    steps:
      - id: traced
        run: echo "trace $TRACEPARENT"
      - id: late
        continue-on-error: true
        timeout-minutes: 0.02
        run: sleep 60
`;
const trace = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${trace}-b7ad6b7169203331-01`;

/** Has a server run a workflow to its end; the id of the run. */
async function submit(server: ServerProcess, body: string): Promise<string> {
  const headers = { 'content-type': 'application/yaml', traceparent };
  const response = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers, body });
  const { id }: { readonly id: string } = JSON.parse(await response.text());
  await endedRun(server, id);
  return id;
}

describe('a server that runs', () => {
  it("hands a request's trace on to the run's steps, counts, and shows what plugins did", async () => {
    const server = await serverPlace().begin();
    const run = await submit(server, workflow);
    const log = await (await fetch(`${server.url}/v1/workflows/${run}/logs?format=text&step=traced`)).text();
    expect(log).toBe(`[build/traced] trace ${traceparent}\n`);

    const text = await (await fetch(`${server.url}/metrics`)).text();
    const values = new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
    expect(values.get('waterflow_http_requests_total{method="POST",route="/v1/workflows",status="201"}')).toBe(1);
    expect(values.get('waterflow_runs_submitted_total{tenant="default",origin="api"}')).toBe(1);
    expect(values.get('waterflow_runs_ended_total{tenant="default",status="success"}')).toBe(1);
    expect(values.get('waterflow_run_queue_wait_seconds_count')).toBe(1);
    expect(values.get('waterflow_steps_ended_total{node="run",conclusion="success"}')).toBe(2);
    expect(values.get('waterflow_host_calls_total{capability="exec",decision="allowed"}')).toBe(2);
    expect(values.get('waterflow_sandbox_starts_total')).toBeGreaterThan(0);
    expect(values.get('waterflow_sandbox_kills_total{reason="TIMEOUT"}')).toBe(1);
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);

    const { body } = await askServer(server, `/v1/workflows/${run}/host-calls?capability=exec`);
    expect(body).toMatchObject({ host_calls: [{ step: 'traced', result: 'ok' }, { step: 'late' }] });
    expect(await askServer(server, '/v1/agents')).toMatchObject({ body: { agents: [{ queues: ['local'] }] } });

    const lines = server.process.stderr.split('\n').filter(Boolean);
    expect(logOf(server.process.stderr)).toHaveLength(lines.length);
    for (const line of logOf(server.process.stderr)) {
      expect(Object.keys(line).slice(0, 3)).toEqual(['level', 'at', 'message']);
    }
  });
});

describe('a server with a collector', () => {
  it('exports a trace from the request to the steps of its run', async () => {
    await using collector = await startCollector();
    const server = await serverPlace().begin({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    const run = await submit(server, workflow);
    const log = await (await fetch(`${server.url}/v1/workflows/${run}/logs?format=text&step=traced`)).text();
    server.process.child.kill('SIGTERM');
    await server.process.ended;
    const spans = collector.spans.filter(({ traceId }) => traceId === trace);
    const named = (name: string) => spans.find((span) => span.name === name);
    const request = named('POST /v1/workflows');
    expect(request).toMatchObject({ kind: 2, parentSpanId: 'b7ad6b7169203331' });
    expect(named('run traced')).toMatchObject({ parentSpanId: request?.spanId });
    expect(named('step build/traced')).toMatchObject({ parentSpanId: named('run traced')?.spanId });
    expect(log).toBe(`[build/traced] trace 00-${trace}-${named('run traced')?.spanId}-01\n`);
  });
});

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
}

/** What takes spans, and keeps them. */
async function startCollector(): Promise<
  AsyncDisposable & { readonly url: string; readonly spans: readonly SentSpan[] }
> {
  const spans: SentSpan[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...JSON.parse(text).resourceSpans[0].scopeSpans[0].spans);
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address of that kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
