import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createPrometheusMetrics } from '../metrics/prometheus.ts';
import { catalogueRoutes } from './catalogue.ts';
import { metricsRoutes } from './metrics.ts';

let server: ServerWithEngine;
beforeAll(async () => {
  const metrics = createPrometheusMetrics({ process: false });
  metrics.runSubmitted({ tenant: 'default', origin: 'api' });
  server = await startServerWithEngine({
    routes: (parts) => [...catalogueRoutes(parts), ...metricsRoutes({ metrics })],
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const get = async (path: string) => server.send('GET', path);
// Every list is one of objects.
const listed = async (name: string): Promise<readonly JsonObject[]> =>
  ((await get(`/v1/${name}`)).body?.[name] ?? []) as readonly JsonObject[];

describe('the catalogue', () => {
  it('lists nodes with their schemas, control nodes, too, and plugins with their bytes', async () => {
    const nodes = await listed('nodes');
    expect(nodes.find((node) => node['name'] === 'sleep')).toMatchObject({
      uses: 'sleep@v1',
      runtime: 'control',
      built_in: true,
      inputs: { duration: expect.any(Object) },
    });
    expect(nodes.find((node) => node['name'] === 'run')).toMatchObject({
      uses: 'run@v1',
      runtime: 'isolate',
      inputs: { script: { required: true } },
      permissions: { exec: expect.any(Array) },
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u),
    });
    const plugins = await listed('plugins');
    expect(plugins.map((plugin) => plugin['name'])).not.toContain('sleep');
    expect(plugins.find((node) => node['name'] === 'run')).toMatchObject({ source: 'built-in' });
  });

  it('tells what an editor needs besides to check a workflow: free outputs, and entries of permissions', async () => {
    const nodes = await listed('nodes');
    const free = nodes.filter((node) => node['dynamic_outputs'] === true).map((node) => node['name']);
    expect(free).toContain('run');
    expect(free).not.toContain('http');
    expect((await get('/v1/capabilities')).body).toMatchObject({ capabilities: { net: { type: 'object' } } });
  });

  it.each(['run', 'run@v1', 'run@1', 'run@1.0.0'])('has %s', async (name) => {
    expect((await get(`/v1/nodes/${name}`)).body).toMatchObject({ name: 'run', version: '1.0.0' });
  });

  it.each([
    ['runn', 'Did you mean `run`?'],
    ['run@v99', ''],
    ['..%2F..%2Fetc', ''],
    ['Run', ''],
  ])('has no %s', async (name, remedy) => {
    const { status, body } = await get(`/v1/nodes/${name}`);
    expect(status).toBe(404);
    expect(body?.['remedy']).toContain(remedy);
  });

  it('lists the agent in this process and its queue', async () => {
    const [agent, ...others] = await listed('agents');
    expect(others).toEqual([]);
    expect(agent).toMatchObject({ queues: ['local'], slots: { used: 0 } });
    expect(await listed('queues')).toEqual([{ name: 'local', pollers: 1, backlog: 0 }]);
  });

  it('says of a plugin beside the file that it was not handed in', async () => {
    const workflow = 'name: x\non: manual\njobs:\n  a:\n    runs-on: local\n    steps:\n      - uses: ./my-plugin\n';
    const { status, body } = await server.send('POST', '/v1/workflows', { json: { workflow } });
    expect(status).toBe(422);
    expect(body?.['errors']).toMatchObject([{ code: 'LOCAL_PLUGIN', line: 7 }]);
  });
});

describe('/metrics', () => {
  it('is what Prometheus reads', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('waterflow_runs_submitted_total{tenant="default",origin="api"} 1\n');
  });
});
