import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { follow, requestOf } from '../contract/world.ts';
import type { RunNotice } from '../port.ts';
import { openExampleEngine } from './testing/example-engine.ts';

const program = join(import.meta.dirname, 'testing', 'in-group.ts');
const longest = '600000';

let scratch: string;
let root: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'waterflow-processes-'));
  root = join(scratch, 'runs');
});
afterEach(async () => {
  for (const child of children) await kill(child);
  rmSync(scratch, { recursive: true, force: true });
});

/** A process of its own that conducts a run, with what it says. */
class Conducting {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly seen: RunNotice[] = [];

  constructor(...words: readonly string[]) {
    this.child = spawn(process.execPath, [program, root, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(this.child);
    if (this.child.stdout === null) throw new TypeError('a pipe was asked for');
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  get run(): RunId {
    const [first] = this.seen;
    if (first === undefined) throw new Error('it has said nothing');
    return first.run;
  }

  async until(type: RunNotice['type']): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`it ended without ${type}: ${JSON.stringify(this.seen)}`);
      // The program prints nothing but notices.
      const notice = JSON.parse(value) as RunNotice;
      this.seen.push(notice);
      if (notice.type === type) return;
    }
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('processes that share a state folder', { timeout: 120_000 }, () => {
  it('pass a concurrency group on in order, also from one that is killed', async () => {
    const first = new Conducting(longest);
    await first.until('step_started');
    const second = new Conducting(longest);
    await second.until('group_waiting');
    await using engine = openExampleEngine({ root, began: join(scratch, 'began') });
    const third = await engine.start(
      requestOf({ build: { steps: [{ id: 'work' }] } }, { head: { concurrency: { group: 'Deploy' } } }),
    );

    await kill(first.child);
    await second.until('step_started');
    expect(second.seen.map(({ type }) => type)).toEqual([
      'run_started',
      'group_waiting',
      'group_acquired',
      'job_started',
      'step_started',
    ]);
    const again = new Conducting(longest, first.run);
    await again.until('group_waiting');
    expect(await engine.info(third.run)).toMatchObject({ status: 'queued' });

    await kill(second.child);
    const { summary, notices } = await follow(third);
    expect(summary.status).toBe('success');
    expect(notices.map(({ type }) => type).slice(0, 4)).toEqual([
      'run_started',
      'group_waiting',
      'group_acquired',
      'job_started',
    ]);
    await again.until('step_started');
    expect(again.seen.at(-1)).toMatchObject({ attempt: 2 });
    expect(await engine.info(second.run)).toMatchObject({ status: 'running', driven: false });
  });

  it('ask each other to do something with a run', async () => {
    const conducting = new Conducting(longest);
    await conducting.until('step_started');
    await using engine = openExampleEngine({ root, began: join(scratch, 'began') });
    const { run } = conducting;
    expect(await engine.operate(run, { kind: 'pause', by: 'ada' })).toEqual({ takesEffect: 'now' });
    await conducting.until('run_paused');
    expect(await engine.info(run)).toMatchObject({ status: 'paused', driven: true });
    await expect(engine.operate(run, { kind: 'pause', by: 'ada' })).rejects.toMatchObject({
      error: { code: 'RUN_STATE' },
    });
    expect(await engine.operate(run, { kind: 'terminate', by: 'ada' })).toEqual({ takesEffect: 'now' });
    await conducting.until('summary');
    await expect(engine.operate(run, { kind: 'cancel', by: 'ada' })).rejects.toMatchObject({
      error: { code: 'RUN_STATE' },
    });
    expect(await engine.info(run)).toMatchObject({ status: 'cancelled', driven: false });
  });

  it('find out that the process which was to do something was killed', async () => {
    const conducting = new Conducting(longest);
    await conducting.until('step_started');
    await using engine = openExampleEngine({ root, began: join(scratch, 'began') });
    conducting.child.kill('SIGSTOP');
    const asked = engine.operate(conducting.run, { kind: 'cancel', by: 'ada' });
    await kill(conducting.child);
    expect(await asked).toEqual({ takesEffect: 'when resumed' });
    const { summary } = await follow(await engine.resume(conducting.run, {}));
    expect(summary.status).toBe('cancelled');
  });
});
