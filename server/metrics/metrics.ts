/**
 * What there was too much of: requests that wait, the time that one waited, streams at a time, workflows that wait to be read, runs that wait
 * for an engine.
 */
export type ShedReason = 'queue_full' | 'queue_timeout' | 'streams' | 'workflows' | 'runs';

/** What the server counts. `server/metrics/prometheus.ts` shows it as Prometheus reads it. */
export interface Metrics {
  /** An API call has ended. `route` is the pattern, so that there are few of them. */
  call(call: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  runSubmitted(run: { readonly tenant: string; readonly origin: 'api' | 'schedule' | 'webhook' }): void;
  /** A run was taken by an engine, so long after it came. */
  runStarted(run: { readonly tenant: string; readonly waitedSeconds: number }): void;
  runEnded(run: { readonly tenant: string; readonly status: string; readonly seconds: number }): void;
  stepEnded(step: { readonly uses: string; readonly conclusion: string; readonly seconds: number }): void;
  hostCall(call: { readonly capability: string; readonly decision: 'allowed' | 'denied' }): void;
  /** A process was started for plugins. */
  sandboxStarted(): void;
  /** A plugin was ended by force: an error code, such as TIMEOUT. */
  sandboxKilled(kill: { readonly reason: string }): void;
  /** A request was turned away unheard, since the server had too much to do. */
  shed(request: { readonly reason: ShedReason }): void;
  /** A number that is looked up when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** The text of /metrics. */
  text(): Promise<string>;
}
