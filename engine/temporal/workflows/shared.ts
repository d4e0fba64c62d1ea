/**
 * A module of the workflows' script that is evaluated once for all workflows of a worker, and what it imports with it: what decides is the
 * same for all of them, and keeps only what it would find out again. Each workflow evaluates the other modules for itself.
 */
import '../../machine/index.ts';

/**
 * To answer `__stack_trace`, which Waterflow never asks, the SDK makes an error for each promise, and looks its frames up in the source
 * map: more than half of what a workflow costs. Those errors have no message; of others the frames are told as they are in the script.
 */
Error.prepareStackTrace = (error, frames) =>
  error.message === '' ? '' : [String(error), ...frames.map(lineOf)].join('\n');

function lineOf(frame: NodeJS.CallSite): string {
  return `    at ${frame.getFunctionName() ?? '<anonymous>'} (${frame.getFileName()}:${frame.getLineNumber()}:${frame.getColumnNumber()})`;
}
