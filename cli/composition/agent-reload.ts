import type { Logger } from 'winston';
import type { AgentConfig, AgentSettings } from './agent-config.ts';
import { changedSettings, type Reloaded } from './reload.ts';

/** The settings that an agent takes while it runs. */
const taken = ['log-level', 'policy', 'queue-keys-file', 'secrets-file'];

/** Takes what can be taken of new settings: `renew` what files hold, and gives the names of what is another by that. */
export function reloadable(
  first: AgentSettings,
  { log, renew }: { readonly log: Logger; readonly renew: (config: AgentConfig) => Promise<readonly string[]> },
): (next: AgentSettings) => Promise<Reloaded> {
  let current = first;
  return async (next) => {
    const files = await renew(next.config);
    log.level = next.config.logLevel;
    const changed = changedSettings(current.effective, next.effective).filter((key) => taken.includes(key));
    const waiting = changedSettings(first.effective, next.effective).filter((key) => !taken.includes(key));
    current = next;
    return { changed: [...changed, ...files], waiting };
  };
}
