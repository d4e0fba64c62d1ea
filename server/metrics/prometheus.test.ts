import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics } from './prometheus.ts';

const linesOf = async (text: Promise<string>): Promise<readonly string[]> =>
  (await text).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  it('are counted under the names that dashboards use', async () => {
    const metrics = createPrometheusMetrics({ process: false });
    metrics.call({ method: 'GET', route: '/v1/workflows/{id}', status: 200, seconds: 0.004 });
    metrics.runSubmitted({ tenant: 'acme', origin: 'api' });
    metrics.runStarted({ tenant: 'acme', waitedSeconds: 2 });
    metrics.runEnded({ tenant: 'acme', status: 'success', seconds: 30 });
    metrics.stepEnded({ uses: 'run@v1', conclusion: 'failure', seconds: 1 });
    metrics.hostCall({ capability: 'net', decision: 'denied' });
    metrics.sandboxStarted();
    metrics.sandboxKilled({ reason: 'TIMEOUT' });
    metrics.gauge('waterflow_things', 'Things.', () => Promise.resolve(7));
    const lines = await linesOf(metrics.text());
    expect(lines).toEqual(
      expect.arrayContaining([
        'waterflow_http_requests_total{method="GET",route="/v1/workflows/{id}",status="200"} 1',
        'waterflow_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/v1/workflows/{id}"} 1',
        'waterflow_runs_submitted_total{tenant="acme",origin="api"} 1',
        'waterflow_runs_started_total{tenant="acme"} 1',
        'waterflow_run_queue_wait_seconds_sum 2',
        'waterflow_runs_ended_total{tenant="acme",status="success"} 1',
        'waterflow_run_duration_seconds_sum{status="success"} 30',
        'waterflow_steps_ended_total{node="run",conclusion="failure"} 1',
        'waterflow_host_calls_total{capability="net",decision="denied"} 1',
        'waterflow_sandbox_starts_total 1',
        'waterflow_sandbox_kills_total{reason="TIMEOUT"} 1',
        'waterflow_things 7',
      ]),
    );
  });

  it('have few time series, however many names there are, and none that is forged', async () => {
    const metrics = createPrometheusMetrics({ process: false });
    for (let index = 0; index < 1000; index += 1) {
      metrics.runSubmitted({ tenant: `tenant-${index}`, origin: 'api' });
      metrics.stepEnded({ uses: `./plugins/${index}`, conclusion: 'success', seconds: 1 });
      metrics.call({ method: `M${index}`, route: '/healthz', status: 405, seconds: 0 });
    }
    metrics.hostCall({ capability: 'x"} 1\nforged_total{a="b', decision: 'denied' });
    const lines = await linesOf(metrics.text());
    expect(lines.filter((line) => line.startsWith('waterflow_runs_submitted_total'))).toHaveLength(101);
    expect(lines).toContain('waterflow_runs_submitted_total{tenant="other",origin="api"} 900');
    expect(lines).toContain('waterflow_steps_ended_total{node="local",conclusion="success"} 1000');
    expect(lines).toContain('waterflow_http_requests_total{method="other",route="/healthz",status="405"} 1000');
    expect(lines.filter((line) => line.startsWith('forged'))).toEqual([]);
  });

  it('are read although one of them cannot be looked up', async () => {
    const metrics = createPrometheusMetrics({ process: true });
    metrics.gauge('waterflow_lost', 'Lost.', () => Promise.reject(new Error('gone')));
    metrics.gauge('waterflow_broken', 'Broken.', () => {
      throw new Error('gone');
    });
    metrics.gauge('waterflow_again', 'Again.', () => 1);
    metrics.gauge('waterflow_again', 'Again.', () => 2);
    const lines = await linesOf(metrics.text());
    expect(lines.filter((line) => line.startsWith('waterflow_'))).toEqual(
      expect.arrayContaining(['waterflow_again 2', 'waterflow_sandbox_starts_total 0']),
    );
    expect(lines.filter((line) => /lost|broken/u.test(line))).toEqual([]);
    expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
  });
});
