import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { CallScope, Capability } from '../../capability.ts';
import { performTestCall } from '../../testing/call.ts';
import type { ExecArgs } from '../call.ts';

/** What exec.run answers. */
export interface ExecAnswer {
  readonly exit_code: number;
  readonly signal?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly files: Readonly<Record<string, string>>;
}

/** An entry that allows any program with anything, on the host. */
export const anything: JsonObject = { command: '*', args: 'any', env: 'any', profile: 'host' };
/** The same, confined. */
export const anythingConfined: JsonObject = { ...anything, profile: 'workspace' };

/** Runs a program under one entry. */
export async function runTestExec(
  capability: Capability,
  scope: CallScope,
  call: { readonly args: ExecArgs; readonly entry?: JsonObject; readonly implied?: () => boolean },
): Promise<ExecAnswer> {
  const { args, entry = anything, implied = () => true } = call;
  const answer = await performTestCall(
    capability,
    // The arguments fit their schema, and so are JSON.
    { layers: [[entry]], operation: 'run', args: args as unknown as Json, implied },
    scope,
  );
  // What perform() builds.
  return answer as unknown as ExecAnswer;
}

/** A bash script whose stdout comes back. */
export function script(text: string, more: Partial<ExecArgs> = {}): ExecArgs {
  return { command: 'bash', args: ['-c', text], stdout: 'capture', ...more };
}
