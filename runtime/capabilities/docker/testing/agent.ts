/** An agent in a process of its own, for tests that kill it. Its input, as JSON, says which calls it makes; its output is its log. */
import { text } from 'node:stream/consumers';
import type { AbsolutePath, JsonObject } from '../../../../schemas/index.ts';
import { makeTestScope } from '../../testing/call.ts';
import { callsUnder, testDocker } from './calls.ts';

/** What such an agent is told. */
export interface DockerAgentTask {
  readonly workspace: AbsolutePath;
  readonly run: string;
  readonly socket: AbsolutePath;
  readonly entry: JsonObject;
  /** One after the other; `container` is filled in with the one that was started last. */
  readonly calls: readonly { readonly operation: string; readonly args: JsonObject }[];
}

// The tests that write it share the type.
const task = JSON.parse(await text(process.stdin)) as DockerAgentTask;
const made = makeTestScope({ log: (_stream, chunk) => void process.stdout.write(chunk) });
const scope = { ...made, workspace: task.workspace, owner: { ...made.owner, run: task.run } };
const capability = testDocker({ environment: { DOCKER_HOST: `unix://${task.socket}` } });
const call = callsUnder(capability, { entry: task.entry, scope });
let started: JsonObject = {};
for (const { operation, args } of task.calls) {
  const needsContainer = ['exec', 'logs', 'wait', 'remove'].includes(operation);
  const container = started['container'];
  const answer = await call(operation, needsContainer && container !== undefined ? { ...args, container } : args);
  if (operation === 'start') started = answer;
}
process.stdout.write('all done\n');
