import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { createLabel, methodLabel, nodeLabel } from './labels.ts';
import type { Metrics } from './metrics.ts';

/** Seconds: an answer from memory, up to what a client gives up at. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds: a step that does nothing, up to six hours. */
const workBuckets = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21_600];

/** What is counted beside the server's own work. */
export interface PrometheusOptions {
  /** `process_…` and `nodejs_…`: memory, processor time, event loop, garbage collection. */
  readonly process: boolean;
}

/** Counts in memory, for Prometheus to fetch. Names follow its conventions: base units, `_total` for what only grows. */
export function createPrometheusMetrics(options: PrometheusOptions): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  return {
    ...callMetrics(registry),
    ...runMetrics(registry),
    ...sandboxMetrics(registry),
    ...shedMetrics(registry),
    gauge: (name, help, read) => addGauge(registry, { name, help, read }),
    text: () => registry.metrics(),
  };
}

/** The media type of {@link Metrics.text}. */
export const metricsType: string = Registry.PROMETHEUS_CONTENT_TYPE;

function callMetrics(registry: Registry): Pick<Metrics, 'call'> {
  const registers = [registry];
  const requests = new Counter({
    name: 'waterflow_http_requests_total',
    help: 'API calls that were answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'waterflow_http_request_duration_seconds',
    help: 'From the first byte of a call to the last one of its answer; streams are not among them.',
    labelNames: ['method', 'route'],
    buckets: requestBuckets,
    registers,
  });
  const route = createLabel(500);
  return {
    call(call) {
      const labels = { method: methodLabel(call.method), route: route(call.route) };
      requests.inc({ ...labels, status: String(call.status) });
      if (!isStream(call.route)) duration.observe(labels, call.seconds);
    },
  };
}

/** Their durations are those of runs. */
function isStream(route: string): boolean {
  return route.endsWith('/logs') || route.endsWith('/events');
}

type RunMetrics = Pick<Metrics, 'runSubmitted' | 'runStarted' | 'runEnded' | 'stepEnded' | 'hostCall'>;

function runMetrics(registry: Registry): RunMetrics {
  const count = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const measure = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Histogram<Label> =>
    new Histogram({ name, help, labelNames, buckets: workBuckets, registers: [registry] });
  const submitted = count('waterflow_runs_submitted_total', 'Runs that were accepted.', ['tenant', 'origin']);
  const started = count('waterflow_runs_started_total', 'Runs that an engine took.', ['tenant']);
  const ended = count('waterflow_runs_ended_total', 'Runs that ended, by how.', ['tenant', 'status']);
  const wait = measure('waterflow_run_queue_wait_seconds', 'From the acceptance of a run until an engine took it.', []);
  const duration = measure('waterflow_run_duration_seconds', 'From the start of a run to its end.', ['status']);
  const steps = count('waterflow_steps_ended_total', 'Steps that ended, by node and how.', ['node', 'conclusion']);
  const stepDuration = measure('waterflow_step_duration_seconds', 'All attempts of a step.', ['node']);
  const calls = count('waterflow_host_calls_total', 'Host calls, by what was decided.', ['capability', 'decision']);
  const [tenantOf, statusOf, nodeOf, capabilityOf] = [createLabel(), createLabel(), createLabel(), createLabel()];
  return {
    runSubmitted: ({ tenant, origin }) => submitted.inc({ tenant: tenantOf(tenant), origin }),
    runStarted({ tenant, waitedSeconds }) {
      started.inc({ tenant: tenantOf(tenant) });
      wait.observe(waitedSeconds);
    },
    runEnded({ tenant, status, seconds }) {
      ended.inc({ tenant: tenantOf(tenant), status: statusOf(status) });
      duration.observe({ status: statusOf(status) }, seconds);
    },
    stepEnded({ uses, conclusion, seconds }) {
      const node = nodeOf(nodeLabel(uses));
      steps.inc({ node, conclusion: statusOf(conclusion) });
      stepDuration.observe({ node }, seconds);
    },
    hostCall: ({ capability, decision }) => calls.inc({ capability: capabilityOf(capability), decision }),
  };
}

function sandboxMetrics(registry: Registry): Pick<Metrics, 'sandboxStarted' | 'sandboxKilled'> {
  const registers = [registry];
  const starts = new Counter({
    name: 'waterflow_sandbox_starts_total',
    help: 'Processes that were started for plugins.',
    registers,
  });
  const kills = new Counter({
    name: 'waterflow_sandbox_kills_total',
    help: 'Plugins that were ended by force, by the code of the limit that they met.',
    labelNames: ['reason'],
    registers,
  });
  const reason = createLabel();
  return {
    sandboxStarted: () => starts.inc(),
    sandboxKilled: (kill) => kills.inc({ reason: reason(kill.reason) }),
  };
}

function shedMetrics(registry: Registry): Pick<Metrics, 'shed'> {
  const shed = new Counter({
    name: 'waterflow_requests_shed_total',
    help: 'Requests that were turned away since the server had too much to do, by what there was too much of.',
    labelNames: ['reason'],
    registers: [registry],
  });
  // From the start, so that the first one counts as an increase.
  for (const reason of ['queue_full', 'queue_timeout', 'streams', 'workflows', 'runs']) shed.inc({ reason }, 0);
  return { shed: ({ reason }) => shed.inc({ reason }) };
}

function addGauge(
  registry: Registry,
  { name, help, read }: { readonly name: string; readonly help: string; readonly read: () => number | Promise<number> },
): void {
  // Who begins anew counts anew.
  registry.removeSingleMetric(name);
  const gauge: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      try {
        gauge.set(await read());
      } catch {
        // What can't be looked up at the moment must not keep all the rest from being read.
        gauge.remove();
      }
    },
  });
}
