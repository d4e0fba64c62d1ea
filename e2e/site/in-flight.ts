/** Runs that go on while a site is upgraded: 20 of them, in each of the places where a run may be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, reaches, type SiteServer, shown, submit } from './client.ts';

/** A kind of run, and how it is answered. */
interface Kind {
  readonly what: string;
  readonly count: number;
  readonly at: string;
  readonly workflow: string;
}

const again = 'retry: { attempts: 6, initial-interval: 1s }';

const kinds = (queue: string): readonly Kind[] => [
  {
    what: 'wait for an approval, before the job that needs it',
    count: 6,
    at: 'waiting',
    workflow: `name: release
on: manual
jobs:
  ask: { runs-on: ${queue}, ${again}, steps: [{ uses: approval@v1 }] }
  publish: { needs: ask, runs-on: ${queue}, ${again}, steps: [{ run: "echo published" }] }
`,
  },
  {
    what: 'wait for an approval in the middle of a job',
    count: 4,
    at: 'waiting',
    workflow: `name: review
on: manual
jobs:
  work:
    runs-on: ${queue}
    ${again}
    steps:
      - { run: "echo before > file.txt" }
      - { uses: approval@v1 }
      - { run: "grep before file.txt" }
`,
  },
  {
    what: 'sleep',
    count: 4,
    at: 'running',
    workflow: `name: sleeps
on: manual
jobs:
  work: { runs-on: ${queue}, ${again}, steps: [{ uses: sleep@v1, with: { duration: 60s } }, { run: "echo awake" }] }
`,
  },
  {
    what: 'are in a step',
    count: 6,
    at: 'running',
    workflow: `name: works
on: manual
jobs:
  work:
    runs-on: ${queue}
    ${again}
    steps: [{ run: "sleep 50; echo done", retry: { attempts: 4, initial-interval: 1s } }]
`,
  },
];

/** A run that goes on. */
export interface InFlight {
  readonly run: string;
  readonly what: string;
}

/** Begins them; resolves when each is where it is meant to be. */
export async function beginRuns(server: SiteServer, queue: string): Promise<readonly InFlight[]> {
  const begun: (InFlight & Pick<Kind, 'at'>)[] = [];
  for (const { what, count, at, workflow } of kinds(queue)) {
    for (let left = count; left > 0; left -= 1) begun.push({ run: await submit(server, workflow), what, at });
  }
  for (const { run, what, at } of begun) {
    const { status } = await reaches(server, run, [at]);
    if (status !== at) throw new Error(`${run} was to ${what}, and is ${status}`);
  }
  return begun;
}

/** Approves whatever waits until all have come to an end; gives the ends, by what they were at. */
export async function endRuns(
  server: SiteServer,
  runs: readonly InFlight[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ends = new Map<string, string[]>();
  const open = new Set(runs);
  const pollMs = 1000;
  const mostLooks = 300;
  for (let looks = 0; open.size > 0; looks += 1) {
    for (const one of open) {
      const { status } = await shown(server, one.run);
      // Asked anew by a job that began again, it is answered anew.
      if (status === 'waiting')
        await ask(server, `/v1/workflows/${one.run}/approvals`, { decision: 'approve' }).catch(() => {});
      if (!['success', 'failure', 'cancelled'].includes(status) && looks < mostLooks) continue;
      ends.set(one.what, [...(ends.get(one.what) ?? []), status]);
      open.delete(one);
    }
    await sleep(pollMs);
  }
  return ends;
}
