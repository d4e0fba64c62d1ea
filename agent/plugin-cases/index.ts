export type { CallProblem } from './answers.ts';
export { eventText, writtenCall } from './check.ts';
export type { Difference } from './match.ts';
export { type PluginCase, readPluginCases } from './read.ts';
export { type CasePowers, type CaseResult, runCase } from './run.ts';
