export { type Clock, type EmbeddedEngineOptions, type OpenedRun, systemClock } from './api.ts';
export { createEmbeddedEngine } from './engine.ts';
