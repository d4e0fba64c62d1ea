import type { FillableVault } from '../../runtime/capabilities/secret-vault.ts';
import type { AuditStart } from '../../runtime/audit/api.ts';
import { type Grant, secretsToFill } from '../../runtime/grants/index.ts';
import type { StepTask, WaterflowError } from '../../schemas/index.ts';
import type { ProvidedSecrets } from '../secrets/index.ts';
import type { RunResources } from './run-resources.ts';

/** The secrets that a step's workflow knows, under its own names for them. */
export interface VisibleSecrets {
  /** Values that came with the run. */
  readonly given: Readonly<Record<string, string>>;
  /** What this agent's providers have beside those: its name in the workflow -> that at the agent. */
  readonly provided: Readonly<Record<string, string>>;
}

/** What came with the run wins over what providers have under the same name; letter case doesn't count. */
export function visibleSecrets(
  task: Pick<StepTask, 'secrets'>,
  given: Readonly<Record<string, string>>,
  provided: readonly string[],
): VisibleSecrets {
  const ofRun = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const left = new Map(provided.map((name) => [name.toLowerCase(), name]));
  for (const name of ofRun) left.delete(name);
  if (task.secrets === undefined) {
    return { given, provided: Object.fromEntries([...left.values()].map((name) => [name, name])) };
  }
  const inside = Object.entries(task.secrets);
  return {
    given: Object.fromEntries(inside.flatMap(([known, name]) => (name in given ? [[known, given[name] ?? '']] : []))),
    provided: Object.fromEntries(
      inside.flatMap(([known, name]) => {
        const own = left.get(name.toLowerCase());
        return own === undefined ? [] : [[known, own] as const];
      }),
    ),
  };
}

/** What an invocation got from providers. */
export interface FilledSecrets {
  /** By their names in the workflow. */
  readonly values: Readonly<Record<string, string>>;
  readonly record: NonNullable<AuditStart['provided']>;
  /** With these values known. */
  readonly resources: RunResources;
}

/** What has them filled in. */
export interface FillParts {
  readonly grant: Grant;
  readonly vault: FillableVault;
  /** The inputs and the environment. */
  readonly texts: unknown;
  readonly visible: VisibleSecrets;
  readonly provided: ProvidedSecrets | undefined;
  readonly resources: RunResources;
  readonly signal: AbortSignal;
}

/**
 * Has providers give what the grant lets an invocation use, and nothing else, just before it begins. The first problem fails the step. Where the
 * signal aborts meanwhile nothing is kept.
 */
export async function fillSecrets(
  parts: FillParts,
): Promise<{ readonly ok: FilledSecrets } | { readonly error: WaterflowError } | { readonly stopped: true }> {
  const { grant, vault, texts, visible, provided, resources, signal } = parts;
  const names = provided === undefined ? [] : secretsToFill(grant, Object.keys(visible.provided), { vault, texts });
  if (provided === undefined || names.length === 0) return { ok: { values: {}, record: [], resources } };
  const resolved = await Promise.all(
    names.map(async (name) => ({ name, ...(await provided.resolve(visible.provided[name] ?? name, signal)) })),
  );
  if (signal.aborted) return { stopped: true };
  const values: [string, string][] = [];
  const record: { secret: string; provider: string; version?: number }[] = [];
  for (const one of resolved) {
    if ('error' in one) return { error: one.error };
    const { value, ...from } = one.ok;
    values.push([one.name, value]);
    record.push({ secret: one.name, ...from });
  }
  // Before anything of the step runs, so that nothing that is written holds them.
  const learned = resources.learn(values);
  for (const [name, value] of values) vault.fill(name, value);
  return { ok: { values: Object.fromEntries(values), record, resources: learned } };
}
