import type { TestRun } from '../../agent/executor/testing/agent.ts';
import { permissionLayer } from '../../engine/machine/index.ts';
import { templateOf } from '../../engine/machine/testing/plans.ts';
import type { Attack } from '../../runtime/attacks/attack.ts';
import { withArena } from '../../runtime/attacks/canaries.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type WaterflowError,
} from '../../schemas/index.ts';

/** The permissions of the attack's workflow, as the engine hands them over for a step with these contexts. */
export function layersOf(
  attack: Attack,
  arena: JsonObject,
  contexts: JsonObject,
): { readonly ok: readonly PermissionLayer[] } | { readonly error: WaterflowError } {
  const layers: PermissionLayer[] = [];
  for (const layer of ['workflow', 'job', 'step'] as const) {
    const written = attack.permissions[layer];
    if (written === undefined) continue;
    const entries = JSON.parse(withArena(JSON.stringify(written), arena)) as Json; // It was JSON before.
    const planned = { entries: templateOf(isJsonObject(entries) ? entries : {}), at };
    const evaluated = permissionLayer(layer, planned, { contexts });
    if ('error' in evaluated) return evaluated;
    layers.push(...evaluated.ok);
  }
  return { ok: layers };
}

const at = { file: 'workflow.yml', line: 1, column: 1 };

/** What is seen of a step that the engine fails before an agent has it. */
export function neverBegan(error: WaterflowError): TestRun {
  const host_calls = { allowed: 0, denied: 0 };
  return {
    result: { outcome: 'failure', error, outputs: {}, host_calls },
    log: { stdout: '', stderr: '', log: '' },
    calls: [],
  };
}
