export { assertNever } from './assert-never.ts';
export {
  type Carried,
  carriedAfter,
  carriedFoldersLimit,
  carriedLimitBytes,
  carriedProblem,
  carriedVariablesLimit,
  carriesNothing,
  nothingCarried,
} from './carried.ts';
export { durationText, parseDuration, parseDurationOrSeconds } from './duration.ts';
export { errorGuide, type GuideEntry, type GuideExample, warningCodes } from './error-guide.ts';
export {
  type Diagnostic,
  type ErrorCode,
  type ErrorKind,
  errorKinds,
  type Fix,
  type TextEdit,
  type TextPlace,
  type WaterflowError,
  WaterflowFailure,
} from './errors.ts';
export {
  type AbsolutePath,
  type Brand,
  type Digest,
  type JobKey,
  parseRunId,
  type RedactedText,
  type RunId,
  type StepKey,
} from './ids.ts';
export { isJsonList, isJsonObject, type Json, type JsonObject, sameJson } from './json.ts';
export { outOfRoom } from './out-of-room.ts';
export { grantableNames, type PermissionLayer, type Permissions } from './permissions.ts';
export { escapedJson, plainJson, plainLine, plainLines, plainLogLine } from './plain-text.ts';
export type {
  Plan,
  PlannedApproval,
  PlannedBody,
  PlannedCall,
  PlannedCallInterface,
  PlannedConcurrency,
  PlannedCondition,
  PlannedEnvironment,
  PlannedFleet,
  PlannedInput,
  PlannedJob,
  PlannedPermissions,
  PlannedSchedule,
  PlannedStep,
  PlannedTriggers,
  PlannedWebhook,
  RetryPolicy,
  RunInputs,
  StrategyPlan,
} from './plan.ts';
export { isQueueName, queueNameRule } from './queue-name.ts';
export { parseSize, sizeText } from './size.ts';
export type {
  Claim,
  EvaluationResult,
  EvaluationTask,
  HostCallCounts,
  PluginIdentity,
  RetryClass,
  RunnerContext,
  StepResult,
  StepTask,
} from './step.ts';
export type { EvaluatedExpression, EvaluatedTemplate, ExpressionSource, Position, Template } from './template.ts';
export { parseTimestamp } from './timestamp.ts';
