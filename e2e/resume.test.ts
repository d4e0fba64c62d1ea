import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, folderWith, noticesOf, type RunningCommand, start, summaryOf, waterflow } from './command.ts';
import { descendantsOf, stillRunning } from './processes.ts';

/** Three steps, of which the second runs until a file is there; each notes in a ledger outside that it began. */
const workflow = (retry: string): string => `
name: resumed
on: manual
env:
  LEDGER: \${{ vars.LEDGER }}
jobs:
  work:
    outputs:
      sum: \${{ steps.first.outputs.number }}-\${{ steps.last.outputs.number }}
    steps:
      - id: first
        run: |
          echo first >> "$LEDGER"
          echo number=1 >> "$WATERFLOW_OUTPUT"
          echo kept > kept
      - id: waits
        ${retry}
        run: |
          echo waits >> "$LEDGER"
          echo waiting
          until test -e "$LEDGER.go"; do sleep 0.05; done
      - id: last
        run: |
          echo last >> "$LEDGER"
          test "$(cat kept)" = kept
          echo number=2 >> "$WATERFLOW_OUTPUT"
      - id: tidy
        if: always()
        run: echo tidy >> "$LEDGER"
`;

interface Place {
  readonly folder: string;
  readonly ledger: string;
  begin(...argv: readonly string[]): RunningCommand;
  resume(run: string, ...argv: readonly string[]): Promise<Ended>;
  entries(): readonly string[];
}

function placeFor(text: string): Place {
  const folder = folderWith({ 'resumed.yml': text });
  const ledger = join(folder, 'ledger');
  const shared = ['--state', 'state', '--json'];
  return {
    folder,
    ledger,
    begin: (...argv) => start(['run', 'resumed.yml', '--var', `LEDGER=${ledger}`, ...shared, ...argv], { cwd: folder }),
    resume: (run, ...argv) => waterflow(['run', '--resume', run, ...shared, ...argv], { cwd: folder }),
    entries: () => readFileSync(ledger, 'utf8').trim().split('\n'),
  };
}

function runOf(stdout: string): string {
  return noticesOf({ stdout: stdout.slice(0, stdout.indexOf('\n')) })[0]?.run ?? '';
}

/** Begins, kills the command while its second step runs, and lets that step end whenever it runs again. */
async function interrupted(place: Place, ...argv: readonly string[]): Promise<string> {
  const command = place.begin(...argv);
  await command.saying('"text":"waiting\\n"');
  command.kill('SIGKILL');
  await command.ended;
  writeFileSync(`${place.ledger}.go`, '');
  return runOf(command.stdout);
}

describe('a run whose process was killed', () => {
  it("goes on: what finished isn't run again, what was lost is retried in its workspace", async () => {
    const place = placeFor(workflow('retry: { attempts: 2, initial-interval: 1ms, on: [lost] }'));
    const run = await interrupted(place);
    const ended = await place.resume(run);
    expect(ended.code).toBe(0);
    expect(noticesOf(ended)[0]).toMatchObject({ type: 'run_started', run, resumed: true });
    expect(summaryOf(ended)).toMatchObject({
      run,
      status: 'success',
      jobs: {
        work: {
          attempts: 1,
          outputs: { sum: '1-2' },
          steps: { first: { attempts: 1 }, waits: { status: 'success', attempts: 2 }, last: { attempts: 1 } },
        },
      },
    });
    expect(place.entries()).toEqual(['first', 'waits', 'waits', 'last', 'tidy']);
  });

  it('fails at the step that was lost where nothing says to retry it, and always() steps run', async () => {
    const place = placeFor(workflow(''));
    const ended = await place.resume(await interrupted(place));
    expect(ended.code).toBe(1);
    expect(summaryOf(ended).jobs['work']?.steps).toMatchObject({
      first: { status: 'success' },
      waits: {
        status: 'failure',
        attempts: 1,
        error: { code: 'AGENT_LOST', remedy: expect.stringContaining('retry') },
      },
      last: { status: 'skipped' },
      tidy: { status: 'success' },
    });
    expect(place.entries()).toEqual(['first', 'waits', 'tidy']);
  });

  it('leaves no process behind', async () => {
    const place = placeFor(workflow(''));
    const command = place.begin();
    await command.saying('"text":"waiting\\n"');
    const below = descendantsOf(command.child.pid ?? 0);
    // The shell of the step, its sandbox host, and what confines them.
    expect(below.length).toBeGreaterThan(1);
    command.kill('SIGKILL');
    await command.ended;
    await expect.poll(() => stillRunning(below)).toEqual([]);
  });

  it("can be shown on people's terms, too", async () => {
    const place = placeFor(workflow('retry: { attempts: 2, initial-interval: 1ms, on: [lost] }'));
    const run = await interrupted(place);
    const { code, stdout } = await waterflow(['run', '--resume', run, '--state', 'state'], { cwd: place.folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^resumed resumed \\(resumed.yml\\) as ${run}\n`));
    expect(stdout).toMatch(/ {2}waits .* success .* 2 /);
  });

  it('goes on under the terms that it was started with, from wherever it is resumed', async () => {
    const place = placeFor(workflow('retry: { attempts: 2, initial-interval: 1ms, on: [lost] }'));
    const run = await interrupted(place);
    const elsewhere = folderWith({});
    const state = join(place.folder, 'state');
    const ended = await waterflow(['run', '--resume', run, '--state', state, '--json'], { cwd: elsewhere });
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 0, status: 'success' });
  });

  it('keeps its plan where its file was changed or removed meanwhile', async () => {
    const place = placeFor(workflow('retry: { attempts: 2, initial-interval: 1ms, on: [lost] }'));
    const run = await interrupted(place);
    writeFileSync(join(place.folder, 'resumed.yml'), 'no workflow any more');
    expect(summaryOf(await place.resume(run)).jobs['work']?.outputs).toEqual({ sum: '1-2' });
  });
});

describe('what was approved for a run that was killed', () => {
  const source = `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (_inputs, host) => void (await host.fs.write('made', 'x')));
`;
  const manifest = `name: maker
version: 1.0.0
description: writes a file
runtime: isolate
main: index.ts
permissions: { fs: [{ write: made, reason: makes it }] }
`;
  const text = `
on: manual
jobs:
  work:
    steps:
      - id: waits
        retry: { attempts: 2, initial-interval: 1ms, on: [lost] }
        run: |
          echo waiting
          until test -e "\${{ vars.LEDGER }}.go"; do sleep 0.05; done
      - id: made
        uses: ./maker
`;

  async function killedRun(): Promise<{ readonly place: Place; readonly run: string }> {
    const place = placeFor(text);
    mkdirSync(join(place.folder, 'maker'));
    writeFileSync(join(place.folder, 'maker', 'plugin.yaml'), manifest);
    writeFileSync(join(place.folder, 'maker', 'index.ts'), source);
    return { place, run: await interrupted(place, '--approve', './maker') };
  }

  it('still holds', async () => {
    const { place, run } = await killedRun();
    expect(summaryOf(await place.resume(run)).status).toBe('success');
  });

  it('holds for the very bytes that were approved; for others it is asked again', async () => {
    const { place, run } = await killedRun();
    writeFileSync(join(place.folder, 'maker', 'index.ts'), `${source}// and more`);
    const { jobs } = summaryOf(await place.resume(run));
    expect(jobs['work']?.steps['made']).toMatchObject({ status: 'failure', error: { code: 'DENIED' } });
  });

  it('may be others that are approved when it is resumed', async () => {
    const { place, run } = await killedRun();
    writeFileSync(join(place.folder, 'maker', 'index.ts'), `${source}// and more`);
    expect(summaryOf(await place.resume(run, '--approve', './maker')).status).toBe('success');
  });
});

describe('resuming a run', () => {
  it('that still runs in another process is refused, and does it no harm', async () => {
    const place = placeFor(workflow(''));
    const command = place.begin();
    await command.saying('"text":"waiting\\n"');
    const second = await place.resume(runOf(command.stdout));
    expect(second.code).toBe(3);
    expect(JSON.parse(second.stdout)).toMatchObject({
      type: 'error',
      code: 'RUN_LOCKED',
      message: expect.stringContaining(String(command.child.pid)),
      remedy: expect.any(String),
    });
    writeFileSync(`${place.ledger}.go`, '');
    expect(summaryOf(await command.ended).status).toBe('success');
    expect(place.entries()).toEqual(['first', 'waits', 'last', 'tidy']);
  });

  it.each(['success', 'failure'] as const)(
    'that ended in %s tells its result again, and runs nothing',
    async (status) => {
      const place = placeFor(status === 'success' ? workflow('') : workflow('').replace('cat kept', 'cat lost'));
      writeFileSync(`${place.ledger}.go`, '');
      const first = await place.begin().ended;
      const again = await place.resume(runOf(first.stdout));
      expect(again.code).toBe(status === 'success' ? 0 : 1);
      const { at: _, ...expected } = summaryOf(first) as { at?: string };
      expect(summaryOf(again)).toMatchObject(expected);
      expect(place.entries()).toEqual(['first', 'waits', 'last', 'tidy']);
    },
  );

  it('that was cancelled in order stays cancelled', async () => {
    const place = placeFor(workflow(''));
    const command = place.begin();
    await command.saying('"text":"waiting\\n"');
    command.kill('SIGINT');
    expect((await command.ended).code).toBe(130);
    const again = await place.resume(runOf(command.stdout));
    expect({ code: again.code, status: summaryOf(again).status }).toEqual({ code: 1, status: 'cancelled' });
    expect(place.entries()).toEqual(['first', 'waits', 'tidy']);
  });

  it('that nobody knows is an error', async () => {
    const place = placeFor(workflow(''));
    const ended = await place.resume(`run-${'0'.repeat(26)}`);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ code: 'RUN_NOT_FOUND', remedy: expect.any(String) });
    expect(existsSync(join(place.folder, 'state', `run-${'0'.repeat(26)}`))).toBe(false);
  });

  it('that had secrets asks for each of them by name, and goes on when it has them', async () => {
    const text = workflow('retry: { attempts: 2, initial-interval: 1ms, on: [lost] }').replace(
      '      - id: last\n',
      `      - env: { ONE: "\${{ secrets.ONE }}", TWO: "\${{ secrets.TWO }}" }
        run: test "$ONE $TWO" = "value-one value-two"
      - id: last\n`,
    );
    const place = placeFor(text);
    const run = await interrupted(place, '--secret', 'ONE=value-one', '--secret', 'TWO=value-two');
    const without = await place.resume(run, '--secret', 'ONE=value-one');
    expect(without.code).toBe(2);
    expect(JSON.parse(without.stdout)).toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringMatching(/^(?!.*ONE).*TWO/),
      remedy: expect.stringContaining('--secret TWO'),
    });
    const ended = await place.resume(run, '--secret', 'ONE=value-one', '--secret', 'TWO=value-two');
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 0, status: 'success' });
  });
});
