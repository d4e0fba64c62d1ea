import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditedHostCall, type AuditLog, CallJoiner } from '../../../runtime/audit/index.ts';
import { capabilities } from '../../../runtime/capabilities/table.ts';
import type { HostCall } from '../../../runtime/host-call.ts';
import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import type { JsonObject, PluginIdentity } from '../../../schemas/index.ts';

/** The folder in which test agents keep what plugins called, where it is set: what tools/least-privilege/learn/ reads. */
export const keptCallsVariable = 'WATERFLOW_KEEP_CALLS';

/** A line of a file in that folder: one call of a plugin's own. */
export interface KeptCall {
  readonly plugin: PluginIdentity;
  /** What the plugin was given, checked, with placeholders for secrets. */
  readonly inputs: JsonObject;
  /** As it was made: the audit log has it redacted and shortened. */
  readonly call: HostCall;
  readonly audited: Pick<AuditedHostCall, 'decision' | 'result' | 'facts' | 'secrets'>;
  /** What entries were asked about for it, before and while it was carried out, by whichever name a capability has for it. */
  readonly demands: readonly AskedDemand[];
}

/** What one entry after the other was asked about. */
export interface AskedDemand {
  readonly capability: string;
  readonly operation: string;
  readonly demand: unknown;
}

/** The parts of an agent through which calls come, watched. */
export interface CallKeeper {
  readonly supervisor: Supervisor;
  readonly audit: (log: AuditLog) => AuditLog;
}

interface OpenCall {
  audited?: AuditedHostCall;
  readonly demands: Map<string, AskedDemand>;
}

const open = new AsyncLocalStorage<OpenCall>();

/** Appends each call to a file of its own in the folder, once it is over. */
export function keepCalls(folder: string, supervisor: Supervisor): CallKeeper {
  watchChecks();
  const file = join(folder, `${randomUUID()}.ndjson`);
  const joiner = new CallJoiner();
  const note = (audited: AuditedHostCall | undefined): void => {
    const made = open.getStore();
    if (made !== undefined && audited !== undefined && audited.within === undefined) made.audited = audited;
  };
  return {
    supervisor: {
      invoke: (request) =>
        supervisor.invoke({
          ...request,
          host: async (call, signal) => {
            const made: OpenCall = { demands: new Map() };
            const answer = await open.run(made, () => request.host(call, signal));
            if (made.audited !== undefined) {
              const { decision, result, facts, secrets } = made.audited;
              const kept = {
                plugin: request.plugin.identity,
                inputs: request.inputs,
                call,
                audited: { decision, result, facts, secrets },
                demands: [...made.demands.values()],
              };
              appendFileSync(file, `${JSON.stringify(kept)}\n`);
            }
            return answer;
          },
        }),
      level: supervisor.level,
      missing: supervisor.missing,
      hosts: () => supervisor.hosts(),
      [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
    },
    audit: (log) => ({
      started: (entry) => log.started(entry),
      ended: (entry) => log.ended(entry),
      record: (entry) => {
        const sequence = log.record(entry);
        note(joiner.take({ kind: 'call', sequence, hash: '', ...entry, at: timeOf(entry) }));
        return sequence;
      },
      result: (entry) => {
        log.result(entry);
        // Its own place in the log is nobody's business here.
        note(joiner.take({ kind: 'result', sequence: 0, hash: '', ...entry, at: timeOf(entry) }));
      },
      [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
    }),
  };
}

function timeOf({ at }: { readonly at: number }): string {
  return new Date(at).toISOString();
}

let isWatched = false;

/** Notes what capabilities are asked: much of it shows only while a call is carried out, and is in no record. */
function watchChecks(): void {
  if (isWatched) return;
  isWatched = true;
  for (const capability of capabilities.values()) {
    for (const [name, operation] of Object.entries(capability.operations)) {
      const check = operation.check.bind(operation);
      // Read-only to others; this is for the process of one test file.
      Object.assign(operation, {
        check: (rule: unknown, demand: unknown) => {
          const asked = { capability: capability.name, operation: name, demand };
          open.getStore()?.demands.set(JSON.stringify(asked), asked);
          return check(rule, demand);
        },
      });
    }
  }
}
