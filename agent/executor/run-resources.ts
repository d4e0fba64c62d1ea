import type { AuditLog } from '../../runtime/audit/api.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { checkSecrets, createRedactor, type Redactor } from '../redaction/index.ts';
import type { ExecutorOptions } from './options.ts';

/** What all steps of a run share on this agent. */
export interface RunResources {
  readonly secrets: Readonly<Record<string, string>>;
  readonly redactor: Redactor;
  readonly audit: AuditLog;
  /** Has something done once when the run ends on this agent; the first one for a key counts. */
  readonly atRunEnd: (key: string, act: () => Promise<void>) => void;
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
  return {
    of: (run) => {
      const existing = known.get(run);
      const secrets = options.secretsOf(run);
      if (existing?.secrets === secrets) {
        return { ok: existing };
      }
      const error = checkSecrets(secrets);
      if (error !== undefined) {
        return { error };
      }
      const redactor = createRedactor(Object.values(secrets));
      // Values were given since: steps that run go on with what they had.
      if (existing !== undefined) {
        const newer = { ...existing, secrets, redactor };
        known.set(run, newer);
        return { ok: newer };
      }
      const ending = new Map<string, () => Promise<void>>();
      endings.push(ending);
      const resources: RunResources = {
        secrets,
        redactor,
        audit: options.openAudit(run, (value) => (known.get(run)?.redactor ?? redactor).json(value)),
        atRunEnd: (key, act) => {
          if (!ending.has(key)) ending.set(key, act);
        },
      };
      known.set(run, resources);
      return { ok: resources };
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
