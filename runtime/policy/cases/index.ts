export { type PolicyCase, readCases } from './read.ts';
export { type CaseResult, type CasesReport, runCases } from './run.ts';
