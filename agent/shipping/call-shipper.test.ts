import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadAgentKey, openAuditLog } from '../../runtime/audit/index.ts';
import type { AbsolutePath, RunId } from '../../schemas/index.ts';
import { openCallCursors } from './call-cursors.ts';
import { type CallShipper, createCallShipper } from './call-shipper.ts';
import type { CallBatch, CallsAnswer } from './send-calls.ts';

const run = 'run-00000000000000000000000001' as RunId;
const other = 'run-00000000000000000000000002' as RunId;

/** A server that keeps what goes on, as a real one does, and answers otherwise as it is told. */
class ExampleServer {
  readonly kept = new Map<string, string[]>();
  answer: CallsAnswer | undefined;
  requests = 0;

  send = async ({ run: of, chain, lines }: CallBatch): Promise<CallsAnswer> => {
    this.requests += 1;
    if (this.answer !== undefined) return this.answer;
    const key = `${of} ${chain}`;
    const kept = this.kept.get(key) ?? [];
    this.kept.set(key, kept);
    for (const line of lines) {
      const { sequence } = JSON.parse(line) as { readonly sequence: number }; // As the agent writes.
      if (sequence > kept.length + 1) return { kind: 'gap', next: kept.length + 1 };
      if (sequence === kept.length + 1) kept.push(line);
    }
    return { kind: 'taken' };
  };

  of(wanted: RunId): readonly string[] {
    return [...this.kept].filter(([key]) => key.startsWith(wanted)).flatMap(([, lines]) => lines);
  }
}

/** A folder of an agent. */
function agentFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-calls-')) as AbsolutePath; // The system's temporary folder is absolute.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const auditFileOf = (of: RunId) => join(folder, of, 'audit.ndjson') as AbsolutePath; // A file in an absolute folder.
  const refused: string[] = [];
  const states: boolean[] = [];
  return {
    refused,
    states,
    auditFileOf,
    /** What lies in the files of a log. */
    linesOf(of: RunId): readonly string[] {
      const files = readdirSync(join(folder, of)).filter((name) => /^audit(\.\d+)?\.ndjson$/u.test(name));
      const number = (name: string): number => Number(/\d+/u.exec(name)?.[0] ?? 0);
      const ordered = files.toSorted((left, right) => number(left) - number(right));
      return ordered.flatMap((name) =>
        readFileSync(join(folder, of, name), 'utf8')
          .trimEnd()
          .split('\n'),
      );
    },
    /** What an agent's process has of it; ends with the test, or as `end` says. */
    shipper(server: ExampleServer): CallShipper & {
      readonly end: () => Promise<void>;
      readonly settled: (of: RunId) => Promise<void>;
    } {
      const cursors = openCallCursors(join(folder, 'calls.sqlite') as AbsolutePath);
      const shipper = createCallShipper({
        cursors,
        auditFileOf,
        send: server.send,
        onState: ({ reached }) => void states.push(reached),
        onRefused: (of, reason) => void refused.push(`${of} ${reason}`),
      });
      let isOpen = true;
      const end = async (): Promise<void> => {
        if (!isOpen) return;
        isOpen = false;
        await shipper[Symbol.asyncDispose]();
        cursors[Symbol.dispose]();
      };
      onTestFinished(end);
      const settled = async (of: RunId): Promise<void> => {
        shipper.wake(of);
        await expect.poll(() => server.of(of)).toEqual(this.linesOf(of));
      };
      return Object.assign(shipper, { end, settled });
    },
    /** A log that is open, of segments of a few entries. */
    log(of: RunId = run) {
      const clock = { now: Date.now };
      const limits = { segmentBytes: 2000 };
      const key = loadAgentKey(folder);
      const audit = openAuditLog({ file: auditFileOf(of), run: of, key, redact: (value) => value, clock, limits });
      onTestFinished(() => audit[Symbol.asyncDispose]());
      const plugin = { name: 'p', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` };
      const subject = { tenant: 'default', run: of, job: 'a', step: '0', attempt: 1, plugin, invocation: 2 };
      const call = { capability: 'net', operation: 'fetch', args: {} };
      return {
        close: () => audit[Symbol.asyncDispose](),
        write(count: number): void {
          for (let index = 0; index < count; index += 1) {
            const request = { ...subject, at: Date.now(), call, bytes: 2, truncated: false, rules: [] };
            audit.record({ ...request, decision: 'denied', reason: 'no rule' });
          }
        },
      };
    },
  };
}

describe('what ships records of host calls', () => {
  it('sends each log as it grows, over all of its files, once and in order', async () => {
    const agent = agentFolder();
    const server = new ExampleServer();
    const shipper = agent.shipper(server);
    for (const of of [run, other]) {
      shipper.follow(of);
      const log = agent.log(of);
      for (const count of [1, 30]) {
        log.write(count);
        await shipper.settled(of);
      }
      await log.close();
      shipper.leave(of);
      await shipper.settled(of);
      const kept = server.of(of);
      expect(kept.at(-2)).toContain('"kind":"close"');
      expect(kept.filter((line) => line.includes('"kind":"segment"')).length).toBeGreaterThan(2);
    }
    expect(agent.refused).toEqual([]);
  });

  it('goes on where an earlier process was, which may have been killed', async () => {
    const agent = agentFolder();
    const server = new ExampleServer();
    const first = agent.shipper(server);
    first.follow(run);
    const log = agent.log();
    log.write(5);
    await first.settled(run);
    const before = server.of(run).length;
    server.answer = { kind: 'later', reason: 'gone' };
    log.write(5);
    first.wake(run);
    await expect.poll(() => agent.states.at(-1)).toBe(false);
    // It is given up with its last words unsaid.
    await first.end();
    server.answer = undefined;
    const second = agent.shipper(server);
    await second.settled(run);
    expect(server.of(run).length).toBeGreaterThanOrEqual(before + 5);
  }, 30_000);

  it('sends again what a server lost, and gives up where it takes that no more', async () => {
    const agent = agentFolder();
    const server = new ExampleServer();
    const shipper = agent.shipper(server);
    shipper.follow(run);
    const log = agent.log();
    log.write(5);
    await shipper.settled(run);
    server.kept.clear();
    log.write(1);
    await shipper.settled(run);
    server.answer = { kind: 'gap', next: 3 };
    log.write(1);
    shipper.wake(run);
    await expect.poll(() => agent.refused).toEqual([`${run} it takes nothing from entry 3 on`]);
  });

  it('does not send again what the server refuses for good, nor keeps others from being sent', async () => {
    const agent = agentFolder();
    const server = new ExampleServer();
    const shipper = agent.shipper(server);
    server.answer = { kind: 'refused', reason: '404 no such run' };
    shipper.follow(run);
    agent.log().write(1);
    shipper.wake(run);
    await expect.poll(() => agent.refused).toEqual([`${run} 404 no such run`]);
    server.answer = undefined;
    shipper.follow(other);
    agent.log(other).write(1);
    await shipper.settled(other);
    expect([server.of(run).length, server.of(other).length]).toEqual([0, 2]);
  });
});
