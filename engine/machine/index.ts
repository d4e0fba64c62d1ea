export { cancelledError } from './errors.ts';
export {
  emptyGroup,
  type GroupMembership,
  type GroupState,
  groupKey,
  groupTransition,
  isEmptyGroup,
} from './group/machine.ts';
export type { GroupCommand, GroupEvent } from './group/protocol.ts';
export { jobRerunProblem } from './job/attempt/beginning.ts';
export { heldClaim, keptClaim } from './job/attempt/claims.ts';
export { jobTransition, startJob } from './job/machine.ts';
export { awaitedSecrets, isLacking, outstandingJobCommands } from './job/outstanding.ts';
export { plainStepName, plannedJobOf } from './job/planned.ts';
export type { JobCommand, JobEvent } from './job/protocol.ts';
export type { JobState } from './job/state.ts';
export { type JobProgress, jobProgress } from './job/views/progress.ts';
export { type StepView, stepChanges, stepView, stepViews } from './job/views/steps.ts';
export { permissionLayer } from './permissions.ts';
export { pathsOf, reads } from './references.ts';
export { readMember } from './run/groups/member.ts';
export { runTransition, startRun } from './run/machine.ts';
export { outstandingRunCommands } from './run/outstanding.ts';
export { type RunProgress, runProgress } from './run/progress.ts';
export type {
  AwaitedSecrets,
  AwaitedSignal,
  Decision,
  JobResult,
  JobStart,
  Rerun,
  RunCommand,
  RunEvent,
  RunFacts,
  Signal,
} from './run/protocol.ts';
export { rerunProblem } from './run/rerun/problem.ts';
export type { RunState } from './run/state.ts';
export { type JobView, jobChanges, jobViews, type RunStep, runName } from './run/views.ts';
export { payloadLimitProblem, signalProblem } from './signals.ts';
