import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../e2e/command.ts';
import { openCallCursors } from '../../agent/shipping/call-cursors.ts';
import type { AbsolutePath, RunId } from '../../schemas/index.ts';
import { createFolderStore } from '../../storage/index.ts';
import { lockState } from '../composition/server-lock.ts';
import { commandLine } from '../testing/terminal.ts';

const workflow = 'name: brief\non: manual\njobs:\n  wait: { steps: [{ uses: sleep@v1, with: { duration: 1ms } }] }\n';
const dayMs = 24 * 3_600_000;

/** A state folder with a run that has ended. */
async function endedRun() {
  const folder = folderWith({ 'brief.yml': workflow });
  const state = join(folder, 'state');
  expect(await commandLine(['run', 'brief.yml', '--state', state], { cwd: folder, now: Date.now })).toMatchObject({
    code: 0,
  });
  const [run = ''] = createFolderStore({ root: state }).list();
  const later = () => Date.now() + 31 * dayMs;
  const vacuum = (...argv: readonly string[]) => commandLine(['vacuum', '--state', state, ...argv], { now: later });
  return { state, run, vacuum };
}

describe('waterflow vacuum', () => {
  it('removes runs that ended long ago, and says before what it would remove', async () => {
    const { state, run, vacuum } = await endedRun();
    expect(await vacuum('--keep-runs', '40d')).toMatchObject({ code: 0, stdout: `removed 0 runs from ${state}\n` });
    const dry = await vacuum('--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dry_run: true,
      removed: [{ what: 'run', name: run, bytes: expect.any(Number) }],
    });
    expect(existsSync(join(state, run))).toBe(true);
    expect(await vacuum()).toMatchObject({ code: 0, stdout: expect.stringContaining(`removed ${run}, `) });
    expect(existsSync(join(state, run))).toBe(false);
  });

  it('leaves runs to the server that knows them, and shrinks its records', async () => {
    const { state, run, vacuum } = await endedRun();
    await commandLine(['migrate', '--state', state]);
    const records = new DatabaseSync(join(state, 'server.sqlite'));
    records.exec(`INSERT INTO leftovers VALUES ('${run}'); CREATE TABLE big (text TEXT)`);
    records.exec(`INSERT INTO big VALUES ('${'x'.repeat(500_000)}'); DROP TABLE big`);
    records.close();
    const { removed } = JSON.parse((await vacuum('--json')).stdout) as {
      readonly removed: readonly { readonly what: string; readonly bytes: number }[];
    };
    expect(removed.map(({ what }) => what)).toEqual(['records']);
    expect(removed[0]?.bytes).toBeGreaterThan(400_000);
    expect(existsSync(join(state, run))).toBe(true);
  });

  it('removes what a restore has set aside, and what removals have left', async () => {
    const { state, vacuum } = await endedRun();
    for (const name of ['.before-restore-2026', '.removed-run-1']) {
      mkdirSync(join(state, name));
      writeFileSync(join(state, name, 'file'), '12345');
    }
    const { stdout } = await vacuum('--keep-runs', '40d');
    expect(stdout).toContain('removed .before-restore-2026, 5 bytes\n');
    expect(existsSync(join(state, '.removed-run-1'))).toBe(false);
  });
});

describe("waterflow vacuum of an agent's state", () => {
  const runOf = (letter: string): string => `run-${letter.repeat(26)}`;
  const [old, young, working, unsent, pinned] = ['0', '1', '2', '3', '4'].map(runOf) as [
    string,
    string,
    string,
    string,
    string,
  ];

  it('removes runs of which nothing was written for long, whole and none that may go on, while no agent runs', async () => {
    const state = folderWith(
      Object.fromEntries([old, young, working, unsent, pinned].map((run) => [`${run}/audit.ndjson`, '12345'])),
    ) as AbsolutePath; // It is made in an absolute folder.
    const workspace = join(state, working, 'work', '1');
    writeFileSync(join(state, 'claims.json'), JSON.stringify([{ workspace, task: {} }]));
    mkdirSync(join(state, old, 'work', '1', 'locked'), { recursive: true, mode: 0o500 });
    mkdirSync(join(state, 'plugins', 'runs', pinned), { recursive: true });
    const cursors = openCallCursors(join(state, 'calls.sqlite') as AbsolutePath);
    cursors.follow(unsent as RunId);
    cursors[Symbol.dispose]();
    const later = Date.now() + 31 * dayMs;
    utimesSync(join(state, young, 'audit.ndjson'), later / 1000, later / 1000);
    const vacuum = async (...argv: readonly string[]) =>
      JSON.parse((await commandLine(['vacuum', '--state', state, '--json', ...argv], { now: () => later })).stdout);

    const held = lockState(state, { who: 'agent', setting: 'state-dir' });
    expect(await vacuum()).toMatchObject({ agent_in_use: true, removed: [] });
    held[Symbol.dispose]();
    const removed = [{ what: 'run', name: old, bytes: 5 }];
    expect(await vacuum('--dry-run')).toMatchObject({ dry_run: true, agent_in_use: false, removed });
    expect(existsSync(join(state, old))).toBe(true);
    expect(await vacuum()).toMatchObject({ removed });
    expect([old, young, working, unsent, pinned].map((run) => existsSync(join(state, run)))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(await vacuum()).toMatchObject({ removed: [] });
  });
});
