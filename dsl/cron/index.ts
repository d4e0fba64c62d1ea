export { type CronProblem, readCron } from './fields.ts';
export { everStarts, nextStarts, type StartsWanted } from './next-starts.ts';
