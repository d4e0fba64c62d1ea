import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { requestOf, script } from '../../runtime/testing/invocation.ts';

/** How often memory and the agent's own turns are looked at. */
const pollMs = 20;
/** A step that is over later than this after its deadline was not killed: other work on the machine takes far less. */
const overrunMs = 3000;
/** An agent that has not had a turn for this long serves nobody. */
const blockedMs = 2500;
/** What a step of the corpus may take whose manifest has no timeout. */
const usualTimeoutMs = 20_000;
const mebibyte = 1024 * 1024;
/** An empty host, its limit of 64 MiB, 32 MiB over it, and code pages that it touches for the first time. */
const mostResident = (68 + 64 + 32 + 96) * mebibyte;

/** What the agent may hold for one step: 64 MiB for its calls, as much of log, and what waits to be collected. */
const mostGrowth = 400 * mebibyte;

/** Watches bounds that a supervisor is to keep, from outside of it. */
export interface BoundsWatch {
  during<Result>(step: () => Promise<Result>): Promise<Result>;
  /** Whether somebody else is still served as usual. */
  ask(others: Supervisor): Promise<void>;
  exceeded(): readonly string[];
}

/** A watch over steps that are to be killed after `timeoutMs`. */
export function watchBounds(supervisor: Supervisor, timeoutMs: number = usualTimeoutMs): BoundsWatch {
  const exceeded: string[] = [];
  return {
    exceeded: () => exceeded,
    async during(step) {
      let largest = 0;
      let agentGrowth = 0;
      const atFirst = process.memoryUsage.rss();
      let longestPause = 0;
      let lastTurn = performance.now();
      const timer = setInterval(() => {
        const now = performance.now();
        longestPause = Math.max(longestPause, now - lastTurn - pollMs);
        lastTurn = now;
        agentGrowth = Math.max(agentGrowth, process.memoryUsage.rss() - atFirst);
        for (const { resident_bytes } of supervisor.hosts()) largest = Math.max(largest, resident_bytes);
      }, pollMs);
      const startedAt = performance.now();
      try {
        return await step();
      } finally {
        clearInterval(timer);
        const took = performance.now() - startedAt;
        if (took > timeoutMs + overrunMs) exceeded.push(`the step went on for ${Math.round(took)} ms`);
        if (longestPause > blockedMs) exceeded.push(`the agent had no turn for ${Math.round(longestPause)} ms`);
        if (agentGrowth > mostGrowth) exceeded.push(`the agent grew by ${Math.round(agentGrowth / mebibyte)} MiB`);
        if (largest > mostResident) exceeded.push(`a host held ${Math.round(largest / mebibyte)} MiB`);
      }
    },
    async ask(others) {
      const outcome = await others.invoke(
        requestOf(bystander, { owner: { tenant: 'bystander', run: 'bystander' }, limits: { timeout_ms: 10_000 } }),
      );
      if (outcome.kind !== 'returned') exceeded.push(`a bystander failed: ${outcome.error.code}`);
    },
  };
}

const bystander = script('await host.call("a", "b", {}); return { fine: true };');
