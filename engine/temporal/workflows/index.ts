export { waterflowAgent } from './agent.ts';
export { waterflowRun } from './run.ts';
export { waterflowJob } from './job.ts';
export { waterflowGroup } from './group.ts';
