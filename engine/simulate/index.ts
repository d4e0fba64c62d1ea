export type {
  Moment,
  Script,
  ScriptEntry,
  ScriptedResult,
  SimulatedJob,
  Simulation,
  SimulationRequest,
} from './api.ts';
export { parseScript, type ScriptText } from './script.ts';
export { simulate } from './simulate.ts';
