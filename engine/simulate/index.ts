export type {
  Moment,
  Script,
  ScriptedResult,
  ScriptEntry,
  SimulatedJob,
  Simulation,
  SimulationRequest,
} from './api.ts';
export { parseScript, type ScriptText } from './script.ts';
export { simulate } from './simulate.ts';
