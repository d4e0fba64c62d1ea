export { type ImportedWorkflow, type ImportResult, importWorkflow } from './import.ts';
export type { ImportEntry, ImportOutcome } from './record.ts';
