import { type Host, stepFailure } from 'waterflow/plugin';
import type { Compose } from './client.ts';

/** Between two looks, growing: a service that takes minutes is looked at less often. */
const firstPauseMs = 200;
const mostPauseMs = 2000;

type Outlook =
  | { readonly kind: 'well' }
  | { readonly kind: 'coming' }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Waits until each container of the project runs, and is healthy if it has a health check, or has ended well. Fails the step with the first
 * service that doesn't come to that, and what it wrote.
 */
export async function waitForServices(
  compose: Compose,
  host: Host,
  { services, timeoutMs }: { readonly services: readonly string[]; readonly timeoutMs: number },
): Promise<void> {
  let waiting = await compose.containers();
  const started = await host.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, mostPauseMs)) {
    const looks = await Promise.all(waiting.map(async (id) => ({ id, outlook: await outlookOf(host, id) })));
    for (const { id, outlook } of looks) {
      if (outlook.kind === 'failed') throw await failureOf(compose, services, { id, why: outlook.why });
    }
    waiting = looks.flatMap(({ id, outlook }) => (outlook.kind === 'coming' ? [id] : []));
    const [late] = waiting;
    if (late === undefined) return;
    if ((await host.now()) - started >= timeoutMs) {
      throw await failureOf(compose, services, { id: late, why: `wasn't healthy after ${timeoutMs / 1000} s` });
    }
    await host.sleep(Math.round(pause));
  }
}

async function outlookOf(host: Host, id: string): Promise<Outlook> {
  const { status, exit_code, health } = await host.docker.status(id, { under: 'compose' });
  if (status === 'exited' || status === 'dead') {
    return exit_code === 0 ? { kind: 'well' } : { kind: 'failed', why: `ended with exit code ${exit_code}` };
  }
  if (health === 'unhealthy') return { kind: 'failed', why: 'is unhealthy' };
  const isWell = status === 'running' && (health === undefined || health === 'none' || health === 'healthy');
  return { kind: isWell ? 'well' : 'coming' };
}

/** Whose container it is, which is asked only now, and the end of what that service wrote. */
async function failureOf(
  compose: Compose,
  services: readonly string[],
  { id, why }: { readonly id: string; readonly why: string },
): Promise<Error> {
  for (const service of services) {
    if (!(await compose.containers(service)).includes(id)) continue;
    await compose.succeeds(['logs', '--no-color', '--tail=50', service]);
    return stepFailure(`the service ${service} ${why}`, {
      remedy:
        'The end of what it wrote is in the log. Its health check may need more time, by `start_period` or `retries`.',
    });
  }
  return stepFailure(`a service ${why}`, {
    remedy: 'Look at the services by `operation: logs`, with `wait: false` here.',
  });
}
