export type { ExecutionIo, Executor, HostCallEvent } from './api.ts';
export { createExecutor } from './executor.ts';
export type { ExecutorOptions, PerformCall, ResolvePlugin } from './options.ts';
export { resolveFrom } from './resolve.ts';
