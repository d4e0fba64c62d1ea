/** An agent in a process of its own, for tests that kill it. Its input, as JSON, is the one exec that it runs. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as timer } from 'node:timers/promises';
import type { AbsolutePath, JsonObject } from '../../../../schemas/index.ts';
import { createExecCapability } from '../../exec.ts';
import { makeTestScope } from '../../testing/call.ts';
import type { ExecArgs } from '../call.ts';
import { killGraces } from '../powers.ts';
import { runTestExec } from './run.ts';

/** What such an agent is told. */
export interface AgentTask {
  readonly workspace: AbsolutePath;
  readonly entry: JsonObject;
  readonly args: ExecArgs;
  /** Where bubblewrap lies, if not where this machine has it; null: nowhere. */
  readonly bwrap?: AbsolutePath | null;
  /** After it started the program it kills itself: that much later. */
  readonly dies_after_ms?: number;
}

// The tests that write it share the type.
const task = JSON.parse(await text(process.stdin)) as AgentTask;
const { bwrap, dies_after_ms: diesAfterMs } = task;

/** Without leaving the event loop to itself: timers are too coarse for the few milliseconds that matter. */
function dieAt(moment: number): void {
  if (performance.now() >= moment) process.kill(process.pid, 'SIGKILL');
  else setImmediate(dieAt, moment);
}

const capability = createExecCapability({
  spawn: (command, args, options) => {
    const child = spawn(command, args, options);
    // Of what it starts only the program gets the words of the call.
    const isProgram = task.args.args?.every((word) => typeof word === 'string' && args.includes(word)) === true;
    if (isProgram && diesAfterMs !== undefined) dieAt(performance.now() + diesAfterMs);
    return child;
  },
  kill: (pid, signal) => void process.kill(pid, signal),
  pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
  graces: killGraces,
});
const scope = makeTestScope(bwrap === undefined ? {} : { sandbox: { bwrap: bwrap ?? undefined } });
await runTestExec(capability, { ...scope, workspace: task.workspace }, task);
