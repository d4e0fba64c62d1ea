/** A secret in runs that don't come to their end in order: it is found nowhere while they go on, nor afterwards. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { filesIn, found, type Place, processesBelow } from './canary-places.ts';
import { type CanaryWorld, openCanaryWorld } from './canary-world.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, begunStep, endedRun } from './server-process.ts';

const canary = 'canary-h4Wn8QzL1bTe6YrM0vCx';
const secrets = { TOKEN: canary };

/** Goes on until somebody ends it, and ends at once where the file is there; `tidies` runs after that. */
const going = (file: string): string => `
name: going
on: manual
jobs:
  work:
    runs-on: work
    retry: { attempts: 2, initial-interval: 1s, on: [lost] }
    steps:
      - id: tells
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: echo "told $TOKEN"; echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
      - id: waits
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: |
          test -e ${file} && exit 0
          touch ${file}
          echo "$TOKEN" > in-the-workspace
          echo "token=$TOKEN" >> "$WATERFLOW_OUTPUT"
          echo "error $TOKEN" >&2; printf 'without an end %s' "$TOKEN"; sleep 300
      - id: tidies
        if: always()
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: echo "tidied $TOKEN"
`;

const asking = `
name: asking
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - { id: ask, uses: approval@v1, with: { message: Go on? } }
      - id: uses
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
        run: echo "used $TOKEN"; exit 1
`;

const isThere = await needs('temporal');
const namespaces = ['cancelled', 'killed', 'asking'] as const;
const temporal = isThere ? await startTemporal({ namespaces }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

function world(namespace: (typeof namespaces)[number]): Promise<CanaryWorld> {
  if (temporal === undefined) throw new Error('there is no Temporal');
  return openCanaryWorld(temporal, { namespace, payloads: 'encrypted' });
}

/** Without what a step that goes on is given or writes, which is its own. */
const others = (places: readonly Place[]): readonly Place[] =>
  places.filter(
    ({ where }) => !/^environ of (?:a process of )+the agent|^agent\/run-\w+\/(?:work|temp)\//u.test(where),
  );

async function logOf(run: string, { server }: CanaryWorld): Promise<string> {
  const log = await fetch(new URL(`/v1/workflows/${run}/logs`, server.url), { headers: { accept: 'text/plain' } });
  return await log.text();
}

/** Starts a run, and waits until its second step holds the secret and has told it. */
async function begun(here: CanaryWorld): Promise<string> {
  const run = await here.submit({ workflow: going(join(folderWith({}), 'begun')), secrets });
  await begunStep(here.server, run, 'waits');
  await expect.poll(() => logOf(run, here)).toContain('error ***');
  return run;
}

describe.skipIf(!isThere)('a secret of a run on Temporal', { timeout: 240_000 }, () => {
  it('is found nowhere while a step holds it, when it is cancelled, and when its run is terminated', async () => {
    const here = await world('cancelled');
    const { server, agent, places } = here;
    const first = await begun(here);
    const meanwhile = await places(first);
    expect(found(canary, others(meanwhile))).toEqual([]);
    // The step itself has it: the search does look there.
    expect(found(canary, meanwhile)).not.toEqual([]);
    await askServer(server, `/v1/workflows/${first}/cancel`, { reason: 'a test' });
    expect(await endedRun(server, first)).toMatchObject({ status: 'cancelled' });
    expect(await logOf(first, here)).toContain('tidied ***');
    expect(found(canary, await places(first))).toEqual([]);

    const second = await begun(here);
    await askServer(server, `/v1/workflows/${second}/terminate`, {});
    await endedRun(server, second);
    // Its processes and its workspace go a moment later.
    const left = (): readonly string[] =>
      found(canary, [...processesBelow('the agent', agent.process.child.pid ?? 0), ...filesIn('agent', agent.state)]);
    await expect.poll(left).toEqual([]);
    expect(found(canary, await places(second))).toEqual([]);
  });

  it('is found nowhere when its agent and its server are killed, but in what its step wrote, until the agent is back', async () => {
    const here = await world('killed');
    const { server, agent, at } = here;
    const run = await begun(here);
    for (const { process } of [agent, server]) {
      process.kill('SIGKILL');
      await process.ended;
    }
    const disks = [...filesIn('agent', agent.state), ...filesIn('server', at.place.state)];
    expect(found(canary, others(disks))).toEqual([]);
    expect(found(canary, disks)).not.toEqual([]);
    const next = await here.restart();
    expect(await endedRun(next.server, run)).toMatchObject({ status: 'success', jobs: { work: { attempts: 2 } } });
    expect(found(canary, await next.places(run))).toEqual([]);
  });

  it('is found nowhere while its run waits for an approval, nor after that', async () => {
    const here = await world('asking');
    const run = await here.submit({ workflow: asking, secrets });
    await begunStep(here.server, run, 'ask');
    expect(found(canary, await here.places(run))).toEqual([]);
    const decided = await askServer(here.server, `/v1/workflows/${run}/approvals`, { decision: 'approve' });
    expect(decided).toMatchObject({ status: 202 });
    expect(await endedRun(here.server, run)).toMatchObject({ status: 'failure' });
    expect(await logOf(run, here)).toContain('used ***');
    expect(found(canary, await here.places(run))).toEqual([]);
  });
});
