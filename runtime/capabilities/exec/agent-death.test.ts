import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import type { AgentTask } from './testing/agent.ts';
import { processesWith, uniqueName, ways } from './testing/processes.ts';

const namespaces = await needs('bwrap');

/** Of coreutils, as agents need it too. */
const mkfifo = 'mkfifo';

/** What ends a killed agent's programs needs far less; a machine that is overloaded may take its time. */
const gone = { timeout: 30_000, interval: 20 };

/** The agent, and what it said when it ended. */
interface Agent {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
}

function startAgent(scope: TestScope, task: Omit<AgentTask, 'workspace'>): Agent {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'agent.ts')], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // What it leaves behind when it is killed lies in this test's folder.
    env: { ...process.env, TMPDIR: scope.temp() },
  });
  child.stdin.end(JSON.stringify({ ...task, workspace: scope.workspace } satisfies AgentTask));
  const said = text(child.stderr);
  const ended = once(child, 'exit').then(
    async ([code, signal]) => `the agent ended with ${String(signal ?? code)}: ${await said}`,
  );
  return { child, ended };
}

/** A script that writes to the FIFO `alive` and then lives on, with a detached child; its processes bear the name. */
function endless(name: string): AgentTask['args'] {
  const live = `exec -a "$0" sleep 1000`;
  return { command: 'bash', args: ['-c', `setsid bash -c '${live}' "$0" & echo ready > alive; ${live}`, name] };
}

/** Makes the FIFO and kills the agent at what is first written to it. Or tells how the agent ended before. */
async function firstWords(scope: TestScope, agent: () => Agent): Promise<string> {
  const path = join(scope.workspace, 'alive');
  execFileSync(mkfifo, [path]);
  // A writer of the test's own, so that the reader sees an end where nobody else ever writes.
  const writer = openSync(path, constants.O_RDWR);
  const { child, ended } = agent();
  let open = true;
  const closeWriter = (): void => {
    if (open) closeSync(writer);
    open = false;
  };
  const end = ended.then((said) => {
    closeWriter();
    return said;
  });
  try {
    for await (const chunk of createReadStream(path, 'utf8')) return String(chunk);
    return await end;
  } finally {
    child.kill('SIGKILL');
    await end;
  }
}

describe.each(ways.filter((way) => !way.bwrap || namespaces))('an exec $way', ({ entry, bwrap }) => {
  const where = bwrap ? {} : { bwrap: null };

  test('ends when the agent is killed', async () => {
    await using scope = makeTestScope();
    const name = uniqueName(scope);
    expect(await firstWords(scope, () => startAgent(scope, { entry, args: endless(name), ...where }))).toBe('ready\n');
    await expect.poll(() => processesWith(name), gone).toEqual([]);
  });

  test('ends whenever the agent is killed', async () => {
    await using scope = makeTestScope();
    const name = uniqueName(scope);
    const args = { command: 'bash', args: ['-c', 'exec -a "$0" sleep 1000', name] };
    for (const round of Array(8).keys()) {
      const { ended } = startAgent(scope, { entry, args, dies_after_ms: round / 2, ...where });
      expect(await ended).toBe('the agent ended with SIGKILL: ');
    }
    await expect.poll(() => processesWith(name), gone).toEqual([]);
  });
});

describe.each(ways.filter((way) => way.bwrap && namespaces))('an exec $way', ({ entry }) => {
  test('ends when the agent is killed while bubblewrap has not bound itself to it', async () => {
    await using scope = makeTestScope();
    const name = uniqueName(scope);
    // It never does: as if it stood still just before.
    const unbound = join(scope.temp(), 'bwrap') as AbsolutePath;
    const filter = `if [[ $* == *--args* ]]; then exec 3< <(sed -z '/^--die-with-parent$/d' <&3); fi`;
    writeFileSync(unbound, `#!/bin/bash\n${filter}\nexec ${scope.sandbox.bwrap} "$@"\n`, {
      mode: 0o755,
    });
    const words = await firstWords(scope, () => startAgent(scope, { entry, args: endless(name), bwrap: unbound }));
    expect(words).toBe('ready\n');
    await expect.poll(() => processesWith(name), gone).toEqual([]);
  });
});
