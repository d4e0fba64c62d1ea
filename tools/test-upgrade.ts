// `npm run test:upgrade [-- COMMIT]`: has a server of an earlier commit begin 20 runs, replaces it by this one's, and looks whether each goes on.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOutRelease } from './upgrade/release.ts';
import { startServer, type UpgradedServer } from './upgrade/server.ts';

const root = join(import.meta.dirname, '..');
/** So many commits ago the records had another form. */
const revision = process.argv[2] ?? 'HEAD~200';
/** Between two looks at a run, in ms, and how often it is looked at. */
const lookMs = 200;
const mostLooks = 900;

/** Where a run is when the server is replaced. */
interface Case {
  readonly what: string;
  readonly runs: number;
  readonly workflow: string;
  /** What it has come to by then. */
  readonly at: string;
  readonly approved?: true;
}

const cases: readonly Case[] = [
  {
    what: 'wait for an approval, in the middle of a job',
    runs: 10,
    at: 'waiting',
    approved: true,
    workflow: `name: approval
on: manual
jobs:
  work:
    steps:
      - { run: echo before > file.txt }
      - { uses: approval@v1 }
      - { run: grep before file.txt }
`,
  },
  {
    what: 'wait for the approval of another job',
    runs: 4,
    at: 'waiting',
    approved: true,
    workflow: `name: jobs
on: manual
jobs:
  ask: { steps: [{ uses: approval@v1 }] }
  build: { needs: ask, strategy: { matrix: { n: [1, 2] } }, steps: [{ run: "echo built" }] }
`,
  },
  {
    what: 'sleep',
    runs: 3,
    at: 'running',
    workflow: `name: sleeps
on: manual
jobs:
  work: { steps: [{ uses: sleep@v1, with: { duration: 30s } }, { run: "echo awake" }] }
`,
  },
  {
    what: 'are in a step, which is tried again',
    runs: 3,
    at: 'running',
    workflow: `name: works
on: manual
jobs:
  work: { steps: [{ run: "sleep 20", retry: { attempts: 3, initial-interval: 10ms } }] }
`,
  },
];

async function awaitStatus(server: UpgradedServer, run: string, wanted: readonly string[]): Promise<string> {
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const { status } = await server.run(run);
    if (wanted.includes(status)) return status;
    await sleep(lookMs);
  }
  return (await server.run(run)).status;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-upgrade-state-'));
  using release = checkOutRelease(revision);
  const before = await startServer(release.folder, state);
  const begun = [];
  for (const one of cases) {
    for (let count = 0; count < one.runs; count += 1) begun.push({ one, run: await before.submit(one.workflow) });
  }
  for (const { one, run } of begun) await awaitStatus(before, run, [one.at]);
  say(`${begun.length} runs go on with ${release.commit.slice(0, 12)}`);
  await before.stop();
  const { stdout } = spawnSync(process.execPath, [
    join(root, 'bin', 'waterflow'),
    'migrate',
    '--check',
    '--state',
    state,
  ]);
  say(stdout.toString().trimEnd());
  const after = await startServer(root, state);
  let lost = 0;
  for (const { one, run } of begun) if (one.approved === true && (await after.approve(run)) !== 202) lost += 1;
  for (const one of cases) {
    const ends = [];
    for (const { run } of begun.filter((each) => each.one === one))
      ends.push(await awaitStatus(after, run, ['success', 'failure', 'cancelled']));
    const failed = ends.filter((status) => status !== 'success');
    lost += failed.length;
    say(
      `${ends.length - failed.length} of ${ends.length} that ${one.what} went on to success${failed.length === 0 ? '' : `; others: ${failed.join(', ')}`}`,
    );
  }
  await after.stop();
  rmSync(state, { recursive: true, force: true });
  say(lost === 0 ? 'none was lost' : `${lost} were lost`);
  return lost === 0 ? 0 : 1;
}

process.exitCode = await main();
