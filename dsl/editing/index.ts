export type { Check, Edited, Path, Refusal, StepPlace, TextChange, WorkflowEdit } from './api.ts';
export { applyChanges, invertChanges } from './changes.ts';
export { editWorkflow } from './edit.ts';
export { type Outline, type OutlinedJob, type OutlinedStep, type OutlinedSteps, outlineOf } from './outline.ts';
