import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun, type TestStep, taskOf } from '../../executor/testing/agent.ts';

/** An agent with files in its workspace, whose steps are those of ansible@v1. */
export interface AnsibleWorld extends AsyncDisposable {
  readonly agent: TestAgent;
  /** A path in the workspace. */
  readonly here: (path: string) => string;
  play(inputs?: JsonObject, more?: Partial<TestStep>): Promise<TestRun>;
  /** The same, with each piece of the log as it comes. */
  follow(inputs: JsonObject, onLog: (text: string) => void, more?: Partial<TestStep>): Promise<TestRun['result']>;
  /** Files that are left of the programs that ran. */
  leftovers(): readonly string[];
}

/** Starts one. `site.yml` is the playbook unless the step names another. */
export async function startAnsibleWorld(
  supervisor: Supervisor,
  files: Readonly<Record<string, string>>,
  options: { readonly secrets?: Readonly<Record<string, string>>; readonly policy?: string } = {},
): Promise<AnsibleWorld> {
  const agent = await createTestAgent({ supervisor, ...options });
  const here = (path: string): string => join(agent.claim.workspace, path);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(here(path)), { recursive: true });
    writeFileSync(here(path), content);
  }
  const step = (inputs: JsonObject, more: Partial<TestStep>): TestStep => ({
    uses: 'ansible@v1',
    with: { playbook: 'site.yml', ...inputs },
    timeout: { ms: 280_000, own: false },
    ...more,
    // Where a machine has several of them, Ansible may discover one that doesn't work.
    env: [{ ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3' }, ...(more.env ?? [])],
  });
  return {
    agent,
    here,
    play: (inputs = {}, more = {}) => agent.run(step(inputs, more)),
    follow: (inputs, onLog, more = {}) =>
      agent.executor.execute(taskOf(step(inputs, more)), {
        claim: agent.claim,
        log: (_stream, text) => onLog(text),
        onHostCall: () => undefined,
        signal: more.signal ?? new AbortController().signal,
      }),
    leftovers: () =>
      readdirSync(dirname(agent.auditFile), { recursive: true, encoding: 'utf8' }).filter((path) =>
        /exec-|vars\.yml|known_hosts/.test(path),
      ),
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

/** A playbook for all hosts whose tasks are lines of YAML. */
export function playbook(...tasks: readonly string[]): string {
  return `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
}

/** The command lines and environments of this machine's processes in which the text is. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => `/proc/${pid}/${file}`))
    .filter((file) => {
      try {
        return readFileSync(file, 'utf8').includes(text);
      } catch {
        // It ended meanwhile, or is another user's.
        return false;
      }
    });
}

/** The variable `v`, `from the vault`, by `ansible-vault encrypt_string` with the password `open sesame "x"`. */
export const encrypted = `v: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  35333065626330363762636437656531626461396435393831333964336563373139636564653939
  3163393566336463396564633135656635396333623932310a613436386135633166376236383733
  64336531333538376163653964333265366262643465663630353236386232323961616463303735
  3934383964303763380a363831626561643562356162633963656437306438646264643066346564
  3532
`;
