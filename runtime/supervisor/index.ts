export type {
  ConfinementLevel,
  InvocationLimits,
  InvocationOutcome,
  InvocationRequest,
  Supervisor,
} from './api.ts';
export { type ConfinementFacts, type InspectOptions, inspectConfinement } from './confinement/inspect.ts';
export { createSupervisor, type SupervisorOptions, systemPath } from './create-supervisor.ts';
export { type SupervisorPowers, systemPowers } from './powers.ts';
