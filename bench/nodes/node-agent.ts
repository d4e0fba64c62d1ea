import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openExecutor } from '../../cli/composition/agent.ts';
import { openPlugins } from '../../cli/composition/plugins.ts';
import { parseTemplate } from '../../dsl/expressions/index.ts';
import { createSupervisor } from '../../runtime/supervisor/index.ts';
import type { AbsolutePath, Json, JsonObject, Template } from '../../schemas/index.ts';
import { benchTerminal } from '../agent.ts';
import { benchRun, benchTask, executeAlone, nowhere } from '../task.ts';

/** An agent as the command line puts it together, for steps of built-in nodes. */
export interface NodeAgent extends AsyncDisposable {
  readonly workspace: string;
  /** Runs a step to its success; its time in seconds, and its outputs. Throws where it fails. */
  step(uses: string, inputs: JsonObject): Promise<{ readonly seconds: number; readonly outputs: JsonObject }>;
}

/** Opens one whose state lies in `folder`. `policy`: default the shipped one. */
export async function openNodeAgent(
  folder: string,
  { policy, secrets = {} }: { readonly policy?: string; readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<NodeAgent> {
  // Below an absolute folder.
  const at = (name: string): AbsolutePath => join(folder, name) as AbsolutePath;
  mkdirSync(at('state'), { recursive: true });
  if (policy !== undefined) writeFileSync(at('policy.yaml'), policy);
  const terminal = benchTerminal(folder);
  const supervisor = await createSupervisor({});
  const executor = openExecutor(terminal, {
    state: at('state'),
    runFolder: at(join('state', benchRun)),
    policy: policy === undefined ? undefined : at('policy.yaml'),
    plugins: openPlugins(terminal, []),
    workflowFolder: at('.'),
    secretsNow: () => secrets,
    supervisor,
  });
  const claim = await executor.claim({ run: benchRun, job: 'bench', job_attempt: 1 });
  return {
    workspace: claim.workspace,
    async step(uses, inputs) {
      const start = performance.now();
      const task = benchTask({ uses, with: templateOf(inputs, Object.keys(secrets)) });
      const result = await executeAlone(executor, claim, task);
      const seconds = (performance.now() - start) / 1000;
      if (result.outcome !== 'success') throw new Error(JSON.stringify(result));
      return { seconds, outputs: result.outputs };
    },
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      await supervisor[Symbol.asyncDispose]();
    },
  };
}

/** As it stands; a text `secrets.NAME` is that secret. */
function templateOf(value: Json, secrets: readonly string[]): Template {
  if (typeof value === 'string' && secrets.some((name) => value === `secrets.${name}`)) {
    return parseTemplate(`\${{ ${value} }}`, () => nowhere).template;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'literal', value };
  return { kind: 'object', entries: Object.entries(value).map(([key, each]) => [key, templateOf(each, secrets)]) };
}
