import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type FactSources, stepPlace } from '../../engine/explain/index.ts';
import type { Engine } from '../../engine/port.ts';
import { auditedInvocations, readAudit } from '../../runtime/audit/index.ts';
import type { AbsolutePath, RunId } from '../../schemas/index.ts';
import { agentPublicKey } from './audit.ts';
import { readHostCallsIn } from './server-host-calls.ts';
import { auditFile } from './state.ts';

/** What is on record of the runs in a state folder, for explanations of them. */
export function localFacts(engine: Pick<Engine, 'inspect' | 'list' | 'readings'>, state: AbsolutePath): FactSources {
  return {
    inspect: (run) => engine.inspect(run),
    events: (run) => engine.readings.events(run, 0),
    hostCalls: readHostCallsIn(state),
    grants: (run) => grantsOf(state, run),
    async *earlier({ run, workflow, file }) {
      for await (const info of engine.list()) {
        // Ids are in the order in which runs were made. The same file may be named from another folder.
        if (info.run < run && info.workflow === workflow && basename(info.file) === basename(file)) yield info;
      }
    },
  };
}

/** What each step was granted when it started last, as far as the audit log holds. */
async function grantsOf(state: AbsolutePath, run: RunId): Promise<ReadonlyMap<string, string>> {
  const file = auditFile(join(state, run));
  const grants = new Map<string, string>();
  if (!existsSync(file)) return grants;
  const publicKey = agentPublicKey(state);
  const entries = readAudit(file, {
    head: 'required',
    ...(publicKey === undefined ? {} : { publicKey }),
    // A log that doesn't hold is told by who reads its calls.
    onVerdict: () => {},
  });
  for await (const { job, step, grant } of auditedInvocations(entries)) grants.set(stepPlace(job, step), grant);
  return grants;
}
