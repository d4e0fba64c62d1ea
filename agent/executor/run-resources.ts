import type { AuditLog } from '../../runtime/audit/api.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { checkSecrets, createRedactor, type Redactor } from '../redaction/index.ts';
import type { ExecutorOptions } from './options.ts';

/** What all steps of a run share on this agent. */
export interface RunResources {
  readonly secrets: Readonly<Record<string, string>>;
  readonly redactor: Redactor;
  readonly audit: AuditLog;
}

/** Makes them at a run's first step, and closes them at the end. */
export interface RunResourcesTable extends AsyncDisposable {
  /** Throws WaterflowFailure where the audit log can't be opened. */
  of(run: string): { readonly ok: RunResources } | { readonly error: WaterflowError };
}

/** A table that is empty at first. A run with a secret that can't be redacted is refused. */
export function createRunResources(options: Pick<ExecutorOptions, 'secretsOf' | 'openAudit'>): RunResourcesTable {
  const known = new Map<string, RunResources>();
  return {
    of: (run) => {
      const existing = known.get(run);
      if (existing !== undefined) {
        return { ok: existing };
      }
      const secrets = options.secretsOf(run);
      const error = checkSecrets(secrets);
      if (error !== undefined) {
        return { error };
      }
      const redactor = createRedactor(Object.values(secrets));
      const resources = { secrets, redactor, audit: options.openAudit(run, (value) => redactor.json(value)) };
      known.set(run, resources);
      return { ok: resources };
    },
    async [Symbol.asyncDispose]() {
      const logs = [...known.values()].map(({ audit }) => audit[Symbol.asyncDispose]());
      known.clear();
      await Promise.all(logs);
    },
  };
}
