import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestAgent } from '../../agent/executor/testing/agent.ts';
import type { Attack, Runtime } from '../../runtime/attacks/attack.ts';
import { withArena } from '../../runtime/attacks/canaries.ts';
import { callsModule } from '../../runtime/attacks/testing/calls-module.ts';
import { type JsonObject, parseDuration } from '../../schemas/index.ts';

/** How the plugin of an attack is to be made. */
interface PluginOptions {
  readonly runtime: Runtime;
  readonly arena: JsonObject;
}

/** What `module.ts` of an attack exports by default. */
type BuildModule = (arena: JsonObject) => Uint8Array;

/** What `prepare.ts` of an attack exports by default: puts into the workspace or the plugin's folder what it needs there. */
type Prepare = (place: PreparedPlace) => void | Promise<void>;

/** The folders that an attack may prepare. */
export interface PreparedPlace {
  readonly workspace: string;
  readonly plugin: string;
  readonly arena: JsonObject;
}

/** One of the arena's texts, for a prepare.ts. */
export function textIn(arena: JsonObject, name: string): string {
  const value = arena[name];
  if (typeof value !== 'string') throw new TypeError(`the arena has no text ${name}`);
  return value;
}

/** What a plugin does that makes the calls of `calls.json`: it goes on after each that fails. */
const callsScript = `export default async ({ arena }, host) => {
  const answers = [];
  for (const { capability, operation, args } of CALLS) {
    answers.push(await host.call(capability, operation, args).catch((error) => ({ code: error.code, message: error.message })));
  }
  return { answers };
};
`;

/** A plugin that was written, and when its manifest has it killed. */
interface WrittenPlugin {
  readonly folder: string;
  /** As its manifest says. */
  readonly name: string;
  readonly timeout_ms: number | undefined;
  /** Whether it asks to send secrets in headers. */
  readonly trustsHeaders: boolean;
}

/** Writes the attack's plugin beside the agent's workflow. */
export async function writePlugin(agent: TestAgent, attack: Attack, options: PluginOptions): Promise<WrittenPlugin> {
  const { runtime, arena } = options;
  const manifest = withArena(readFileSync(join(attack.folder, 'plugin.yaml'), 'utf8'), arena);
  const folder = join(dirname(agent.auditFile), 'workflow', 'plugins', 'attack');
  const main = runtime === 'isolate' ? 'index.js' : 'module.wasm';
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'plugin.yaml'),
    // An attack for both runtimes is written down once.
    manifest.replace(/^runtime: .*$/m, `runtime: ${runtime}`).replace(/^main: .*$/m, `main: ${main}`),
  );
  writeFileSync(join(folder, main), await codeOf(attack, options));
  return {
    folder,
    name: /^name: *(\S+)/m.exec(manifest)?.[1] ?? '',
    timeout_ms: parseDuration(/timeout: *([0-9a-z]+)/.exec(manifest)?.[1] ?? ''),
    trustsHeaders: /url:.*(?:secrets|auth):/.test(manifest),
  };
}

/** Puts what the attack needs where it needs it. */
export async function prepareWorkspace(attack: Attack, place: PreparedPlace): Promise<void> {
  const file = join(attack.folder, 'prepare.ts');
  if (!existsSync(file)) return;
  // Every prepare.ts is of this type (docs/attacks.md).
  const { default: prepare } = (await import(pathToFileURL(file).href)) as { readonly default: Prepare };
  await prepare(place);
}

/** The code of the plugin that carries the attack out. */
export async function codeOf(attack: Attack, { runtime, arena }: PluginOptions): Promise<string | Uint8Array> {
  switch (attack.vehicle) {
    case 'script':
      return readFileSync(join(attack.folder, 'index.js'), 'utf8');
    case 'module': {
      const file = join(attack.folder, 'module.ts');
      // Every module.ts is of this type (docs/attacks.md).
      const { default: build } = (await import(pathToFileURL(file).href)) as { readonly default: BuildModule };
      return build(arena);
    }
    case 'calls': {
      const calls = withArena(readFileSync(join(attack.folder, 'calls.json'), 'utf8'), arena);
      return runtime === 'isolate' ? callsScript.replace('CALLS', () => calls) : callsModule(JSON.parse(calls));
    }
    case 'takeover':
      return runtime === 'isolate' ? 'export default async () => ({});\n' : callsModule([]);
    default:
      return attack.vehicle satisfies never;
  }
}
