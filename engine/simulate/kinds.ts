import { allJobs, allSteps, type CalledJob } from '../../dsl/index.ts';
import type { Plan, PlannedStep } from '../../schemas/index.ts';
import type { ScriptedResult } from './api.ts';
import type { FoundTarget } from './targets.ts';

type Word = ScriptedResult['result'];

const ofPlugins: readonly Word[] = ['success', 'failure', 'timeout', 'denied', 'limit', 'lost', 'cancelled'];
const ofApprovals: readonly Word[] = ['approve', 'reject', 'push-back', 'unanswered'];

/** The results that a target can have. Of what decides by itself, or does nothing that could go otherwise, there are none. */
export function resultsOf(plan: Plan, { called, step }: FoundTarget): readonly Word[] {
  return step === undefined ? resultsOfJob(plan, called) : resultsOfStep(step);
}

function resultsOfStep({ kind, uses }: PlannedStep): readonly Word[] {
  if (kind === 'plugin') return ofPlugins;
  switch (nodeOf(uses)) {
    case 'approval':
      return [...ofApprovals, 'timeout'];
    case 'wait-for':
      return ['success', 'unanswered', 'timeout'];
    default:
      return [];
  }
}

function resultsOfJob(plan: Plan, called: CalledJob): readonly Word[] {
  const inside = [...allJobs(plan)].filter(({ key }) => key === called.key || key.startsWith(`${called.key} / `));
  const steps = inside.flatMap(({ job }) => Array.from(allSteps(job), ({ step }) => step));
  const plugins = steps.some(({ kind }) => kind === 'plugin');
  const gated = called.job.environment?.approval !== undefined;
  const approvals = gated || steps.some(({ kind, uses }) => kind === 'control' && nodeOf(uses) === 'approval');
  const decisions = gated ? ofApprovals.filter((word) => word !== 'push-back') : ofApprovals;
  return [...(plugins ? ofPlugins : []), ...(approvals ? decisions : [])];
}

/** `approval` of `approval@v1`. */
function nodeOf(uses: string): string {
  return uses.split('@')[0] ?? uses;
}
