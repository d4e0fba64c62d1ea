import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../e2e/command.ts';
import { createFolderStore } from '../../storage/index.ts';
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
