import type { JobKey, PermissionLayer, RunId, StepKey, StepTask, Template } from '../../schemas/index.ts';

/** A timeout for a plugin whose manifest names none must exist; a person at a terminal has Ctrl-C. */
const longestRunMs = 6 * 60 * 60 * 1000;

/** The one step of a run that has no workflow file: a plugin with its inputs. `workflow` is what the plugin sees as its name. */
export function singleStep(
  run: RunId,
  step: {
    readonly workflow: string;
    readonly uses: string;
    readonly inputs: Template;
    readonly permissions?: readonly PermissionLayer[];
  },
): StepTask {
  return {
    version: 1,
    run,
    run_attempt: 1,
    tenant: 'default',
    workflow: step.workflow,
    // Any text is a key; these two name the only job and step there are.
    job: 'plugin' as JobKey,
    queue: 'local',
    job_attempt: 1,
    step: 'step' as StepKey,
    attempt: 1,
    uses: step.uses,
    with: step.inputs,
    env: [],
    context: {},
    permissions: step.permissions ?? [],
    timeout: { ms: longestRunMs, own: false },
    at: { file: 'command line', line: 1, column: 1 },
  };
}
