export { type OpenedRun, systemClock } from './api.ts';
export { createEmbeddedEngine } from './engine.ts';
