/**
 * `waterflow/plugin`: what a TypeScript plugin imports. These are types and two functions; the powers behind `host` are made by the
 * sandbox and performed by the agent, which checks and records each call. In a plugin's own folder `waterflow plugin types` puts
 * declarations in the place of these, by which `Inputs`, `Outputs` and `Host` are what the manifest says.
 */

import type { Host, Json } from './types/host.d.ts';

export type * from './types/host.d.ts';

/** What a plugin is: from its inputs to its outputs, which plugin.yaml declares. */
export type Plugin<Inputs = Record<string, Json>, Outputs extends object = Record<string, Json>> = (
  inputs: Inputs,
  host: Host,
) => Promise<Outputs | undefined> | Outputs | undefined;

/** Declares the plugin: `export default definePlugin(async (inputs, host) => ({ ... }))`. */
export function definePlugin<Inputs = Record<string, Json>, Outputs extends object = Record<string, Json>>(
  run: Plugin<Inputs, Outputs>,
): Plugin<Inputs, Outputs> {
  return run;
}

/**
 * An error that says more than its message: `throw stepFailure('exit code 7', { outputs: { exit_code: 7 } })`. The step fails, and
 * its outputs can still be read by steps that run after a failure. `remedy` tells the user what to do.
 */
export function stepFailure(message: string, details: { readonly outputs?: object; readonly remedy?: string }): Error {
  return Object.assign(new Error(message), details);
}
