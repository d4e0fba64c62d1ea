/** An agent for tests: runs a plugin that loops for ever, prints the process ids of its sandbox hosts, and waits for its end. */

import { requestOf, script } from '../../../testing/invocation.ts';
import type { ConfinementLevel } from '../../api.ts';
import { createSupervisor } from '../../index.ts';

// The test passes one of the levels.
const level = Number(process.argv[2] ?? 3) as ConfinementLevel;
const supervisor = await createSupervisor({ highest_level: level });
const host = async () => {
  const pids = supervisor.hosts().map(({ pid }) => pid);
  process.stdout.write(`${JSON.stringify(pids)}\n`);
  return { ok: null };
};
const limits = { timeout_ms: 600_000 };
await supervisor.invoke(requestOf(script('await host.call("a", "b", {}); for (;;);'), { host, limits }));
