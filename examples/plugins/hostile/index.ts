import { definePlugin, type Plugin } from 'waterflow/plugin';
import { type Bomb, bombs } from './bombs.ts';
import { breakouts } from './breakouts.ts';
import { hostCalls } from './host-calls.ts';
import type { Attempt } from './report.ts';

interface Inputs {
  readonly attempt: string;
}

interface Outputs {
  readonly attempt: string;
  readonly report: readonly string[];
  readonly escaped: boolean;
}

const attempts: Readonly<Record<string, Attempt>> = { ...hostCalls, ...breakouts };
const endless: Readonly<Record<string, Bomb>> = bombs;

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const bomb = endless[inputs.attempt];
  if (bomb) {
    host.log(`trying ${inputs.attempt}`);
    const leftover = await bomb(host);
    return { attempt: inputs.attempt, report: [`outlived its own bomb: ${String(leftover)}`], escaped: true };
  }
  const attempt = attempts[inputs.attempt];
  if (!attempt) {
    throw new Error(`no attempt is called ${inputs.attempt}`);
  }
  const tries = await attempt(host, inputs);
  for (const { what, result } of tries) {
    host.log(`${what}: ${result}`);
  }
  return {
    attempt: inputs.attempt,
    report: tries.map(({ what, result }) => `${what}: ${result}`),
    escaped: tries.some((one) => one.escaped),
  };
});
export default plugin;
