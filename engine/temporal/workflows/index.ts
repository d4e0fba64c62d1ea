export { waterflowAgent } from './agent.ts';
export { waterflowGroup } from './group.ts';
export { waterflowJob } from './job.ts';
export { waterflowRun } from './run.ts';
