export { type CaseResult, type CasesReport, runCases } from './run.ts';
export { type PolicyCase, readCases } from './read.ts';
