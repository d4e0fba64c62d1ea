import { readAgentState } from '../composition/agent-config.ts';
import { askHealth } from '../composition/agent-health.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow agent health`'s options, as the command line gives them. */
export interface AgentHealthOptions {
  readonly config?: string;
  readonly state?: string;
  /** Only whether the agent's process answers. */
  readonly live?: boolean;
  readonly json?: boolean;
}

/** Longer than the agent takes that waits for Temporal in vain. */
const withinMs = 5000;

/** Says how the agent of this machine is: 0 where it takes jobs (with `live`: where it answers), else 1. */
export async function agentHealth(terminal: Terminal, options: AgentHealthOptions): Promise<number> {
  const health = await askHealth(readAgentState(terminal, options), withinMs);
  const { agent, status, missing } = health;
  if (options.json === true) terminal.stdout.write(`${plainJson({ type: 'agent_health', ...health })}\n`);
  else {
    const reasons = missing.map(({ part, reason }) => `${part}: ${reason}`).join('; ');
    const line = status === 'ready' ? `agent ${agent} takes jobs` : `agent ${agent} takes no jobs: ${reasons}`;
    terminal.stdout.write(`${plainLine(line)}\n`);
  }
  return status === 'ready' || options.live === true ? exitCodes.ok : exitCodes.failed;
}
