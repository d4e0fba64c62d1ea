export { type CronProblem, readCron } from './fields.ts';
export { nextStarts, type StartsWanted } from './next-starts.ts';
