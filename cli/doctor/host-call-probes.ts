import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AbsolutePath, isJsonObject, type StepResult } from '../../schemas/index.ts';
import { createRunIds } from '../../storage/index.ts';
import { singleStep } from '../commands/single-step.ts';
import { openAgent } from '../composition/agent.ts';
import { openPlugins } from '../composition/plugins.ts';
import type { Terminal } from '../terminal.ts';
import type { ProbeResult } from './probes.ts';

/** A host call that a grant lets through up to here, and that must end at the boundary behind the grant. */
interface HostCallProbe {
  readonly name: string;
  readonly attempt: string;
  /** An expression of the plugin; `outside` is a file outside of the workspace. It gives what it got, or undefined. */
  readonly source: string;
}

const hostCallProbes: readonly HostCallProbe[] = [
  {
    name: 'net: private address',
    attempt: 'asks this machine over loopback',
    source: "(await host.net.request({ url: 'http://127.0.0.1:9/' })).status",
  },
  {
    name: 'net: metadata',
    attempt: 'asks for the credentials of a cloud machine',
    source: "(await host.net.request({ url: 'http://169.254.169.254/' })).status",
  },
  {
    name: 'fs: workspace',
    attempt: 'reads a file beside the workspace',
    source: "await host.fs.read('../../' + outside.split('/').at(-1))",
  },
  {
    name: 'exec: files',
    attempt: 'has a program read a file outside of the workspace',
    source: `await printed(['-c', 'cat "$1" 2>/dev/null', 'sh', outside])`,
  },
  {
    name: 'exec: network',
    attempt: 'has a program look for a network',
    source: `await printed(['-c', 'grep : /proc/net/dev | grep -v "^ *lo:"'])`,
  },
  {
    name: 'exec: processes',
    attempt: 'has a program look for the processes of others',
    source: `await printed(['-c', 'for p in /proc/[0-9]*; do tr "\\\\0" " " < "$p/cmdline"; echo; done | grep "[n]ode .*waterflow"'])`,
  },
  {
    name: 'exec: memory',
    attempt: 'has a program hold 300 MB where it may hold 128 MiB',
    source: `await printed(['-c', 'held=$(head -c 300000000 /dev/zero | tr "\\\\0" x); echo "held \${#held}"'])`,
  },
  {
    name: 'exec: new processes',
    attempt: 'has a program start 200 where it may have 64',
    source: `await printed(['-c', 'for n in $(seq 200); do sleep 3 & done; wait; echo "started $n"'])`,
  },
];

const manifest = `name: doctor-calls
version: 1.0.0
description: exceeds what a grant lets through
runtime: isolate
main: index.ts
inputs:
  probe: { type: integer, required: true }
  outside: { type: string, required: true }
outputs:
  refused: { type: string }
  got: { type: string }
permissions:
  net: [{ url: 'http://*:*', reason: probes private addresses }]
  fs: [{ read: '**', reason: probes paths }]
  exec: [{ command: sh, args: any, limits: { memory: 128MiB, processes: 64 }, reason: probes the profile workspace }]
`;

const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: doctor-calls, allow: requested, profile: workspace }]
`;

function pluginSource(): string {
  const attempts = hostCallProbes.map(({ source }) => `async () => ${source},`).join('\n    ');
  return `import { definePlugin } from 'waterflow/plugin';

export default definePlugin(async ({ probe, outside }, host) => {
  const printed = async (args) => {
    const { stdout } = await host.exec.run({ command: 'sh', args, stdout: 'capture' });
    return stdout.trim() === '' ? undefined : stdout;
  };
  const attempts = [
    ${attempts}
  ];
  try {
    const got = await attempts[probe]();
    return got === undefined ? { refused: 'it got nothing' } : { got: String(got) };
  } catch (error) {
    // A failure is no refusal: a server that is not there may be there tomorrow.
    if (!['DENIED', 'CONFINEMENT_UNAVAILABLE', 'LIMIT_EXCEEDED', 'OUT_OF_MEMORY'].includes(error.code)) return { got: error.code + ': ' + error.message };
    return { refused: error.code + ': ' + error.message };
  }
});
`;
}

/** Makes each call through a real agent, under a policy that grants all that the probes ask for. */
export async function* runHostCallProbes(terminal: Terminal): AsyncGenerator<ProbeResult> {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-doctor-')) as AbsolutePath; // tmpdir() is absolute.
  try {
    mkdirSync(join(state, 'calls'));
    writeFileSync(join(state, 'calls', 'plugin.yaml'), manifest);
    writeFileSync(join(state, 'calls', 'index.ts'), pluginSource());
    writeFileSync(join(state, 'policy.yaml'), policy);
    const run = createRunIds({ now: terminal.now, randomBytes })();
    await using agent = await openAgent(terminal, {
      state,
      runFolder: join(state, run),
      policy: join(state, 'policy.yaml'),
      plugins: openPlugins(terminal, []),
      workflowFolder: state,
      secretsNow: () => ({}),
    });
    const { executor } = agent;
    const claim = await executor.claim({ run, job: 'plugin', job_attempt: 1 });
    // Beside the folders of the run's jobs, readable by all: what keeps it is the boundary and not its mode.
    const outside = join(claim.workspace, '..', '..', 'outside.txt');
    writeFileSync(outside, 'not for plugins\n', { mode: 0o644 });
    for (const [probe, { name, attempt }] of hostCallProbes.entries()) {
      const startedAt = terminal.now();
      const task = singleStep(run, {
        workflow: 'doctor',
        uses: './calls',
        inputs: { kind: 'literal', value: { probe, outside } },
      });
      const result = await executor.execute(task, {
        claim,
        signal: new AbortController().signal,
        log: () => {},
        onHostCall: () => {},
      });
      yield { name, attempt, since: 0, ...verdictOf(result), duration_ms: terminal.now() - startedAt };
    }
    await executor.release(claim);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

function verdictOf(result: StepResult): Pick<ProbeResult, 'holds' | 'found'> {
  const outputs = isJsonObject(result.outputs) ? result.outputs : {};
  if (typeof outputs['refused'] === 'string') return { holds: true, found: outputs['refused'] };
  if (typeof outputs['got'] === 'string') return { holds: false, found: `got ${outputs['got']}` };
  return {
    holds: false,
    found: result.outcome === 'success' ? 'gave no answer' : `${result.error.code}: ${result.error.message}`,
  };
}
