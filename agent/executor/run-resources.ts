import type { AuditLog } from '../../runtime/audit/api.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { checkSecrets, createRedactor, type Redactor } from '../redaction/index.ts';
import type { ExecutorOptions } from './options.ts';

/** What all steps of a run share on this agent. */
export interface RunResources {
  /** Those that came with the run. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Every value that the run has had, with its secret's name: those, and what providers gave to its steps. */
  readonly values: readonly (readonly [name: string, value: string])[];
  /** Of all these values. */
  readonly redactor: Redactor;
  readonly audit: AuditLog;
  /** Has something done once when the run ends on this agent; the first one for a key counts. */
  readonly atRunEnd: (key: string, act: () => Promise<void>) => void;
  /** What there is once these values, which providers gave, are known, too: they are kept out of all that is written from now on. */
  readonly learn: (given: readonly (readonly [name: string, value: string])[]) => RunResources;
}

/** Makes them at a run's first step, and closes them at the end. */
export interface RunResourcesTable extends AsyncDisposable {
  /** Throws WaterflowFailure where the audit log can't be opened. */
  of(run: string): { readonly ok: RunResources } | { readonly error: WaterflowError };
}

/** A table that is empty at first. A run with a secret that can't be redacted is refused. */
export function createRunResources(options: Pick<ExecutorOptions, 'secretsOf' | 'openAudit'>): RunResourcesTable {
  const known = new Map<string, RunResources>();
  const endings: Map<string, () => Promise<void>>[] = [];

  /** Steps that run go on with what they had. */
  const renew = (run: string, changed: Pick<RunResources, 'secrets' | 'values'>): RunResources => {
    const before = known.get(run) ?? open(run);
    const redactor = createRedactor(changed.values.map(([, value]) => value));
    const newer = { ...before, ...changed, redactor };
    known.set(run, newer);
    return newer;
  };
  const open = (run: string): RunResources => {
    const ending = new Map<string, () => Promise<void>>();
    endings.push(ending);
    const nothing = createRedactor([]);
    return {
      secrets: {},
      values: [],
      redactor: nothing,
      audit: options.openAudit(run, (value) => (known.get(run)?.redactor ?? nothing).json(value)),
      atRunEnd: (key, act) => {
        if (!ending.has(key)) ending.set(key, act);
      },
      learn: (given) => {
        const now = known.get(run);
        if (now === undefined) throw new TypeError(`the run ${run} is over on this agent`);
        const isNew = ([name, value]: readonly [string, string]): boolean =>
          !now.values.some((one) => one[0] === name && one[1] === value);
        const more = given.filter(isNew);
        // A provider may give another value than before: the earlier one still stands in files and memories.
        return more.length === 0 ? now : renew(run, { secrets: now.secrets, values: [...now.values, ...more] });
      },
    };
  };
  return {
    of: (run) => {
      const existing = known.get(run);
      const secrets = options.secretsOf(run);
      if (existing?.secrets === secrets) return { ok: existing };
      const error = checkSecrets(secrets);
      if (error !== undefined) return { error };
      const learned = (existing?.values ?? []).filter(([name, value]) => existing?.secrets[name] !== value);
      return { ok: renew(run, { secrets, values: [...Object.entries(secrets), ...learned] }) };
    },
    async [Symbol.asyncDispose]() {
      const logs = [...known.values()].map(({ audit }) => audit[Symbol.asyncDispose]());
      known.clear();
      const acts = endings.splice(0).flatMap((ending) => [...ending.values()]);
      // One that fails keeps no other from being done; what is left behind is swept up at the agent's next start.
      await Promise.allSettled(acts.map((act) => act()));
      await Promise.all(logs);
    },
  };
}
