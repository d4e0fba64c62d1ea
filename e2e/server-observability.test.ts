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

/** A server that has run the workflow, and the run. */
async function observed(): Promise<{ readonly server: ServerProcess; readonly run: string }> {
  const server = await serverPlace().begin();
  const response = await fetch(`${server.url}/v1/workflows`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml', traceparent, 'x-request-id': 'req-of-a-test' },
    body: workflow,
  });
  const { id }: { readonly id: string } = JSON.parse(await response.text());
  await endedRun(server, id);
  return { server, run: id };
}

describe('a server that runs', () => {
  it("hands a request's trace on to the run's steps, counts, and shows what plugins did", async () => {
    const { server, run } = await observed();
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
