export type {
  Compile,
  CompileOptions,
  CompileResult,
  NodeCatalogue,
  NodeDescription,
  ResolveInputs,
  ResolveOptions,
} from './api.ts';
export { compile } from './compile.ts';
export { nextStarts } from './cron/index.ts';
export { editorSchema } from './editor-schema.ts';
export { type FixedSource, fixSource } from './fix.ts';
export { resolveInputs } from './inputs.ts';
export { type PlacedJob, placeOfJob, plannedJob, plannedStep } from './job-places.ts';
export { neededSecrets, type SecretNeed, secretNeeds } from './needed-secrets.ts';
export type { MatchPattern } from './pattern.ts';
export { allJobs, allPlans, type CalledJob } from './plans.ts';
export { renderDiagnostic } from './render.ts';
export { allSteps, compareStepKeys, type NestedStep, stepOfKey } from './steps.ts';
