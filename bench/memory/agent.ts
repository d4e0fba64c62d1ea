// An agent of its own, in a process of its own: runs a plugin again and again, and at the end prints what its memory and that of
// its hosts did, as one line of JSON (`MemoryReport`). Arguments: the folder, the plugin's kind, the number of invocations.
import { openBenchAgent, type PluginKind } from '../agent.ts';

/** Resident bytes of the agent's process, and of each host after its first and its biggest invocation. */
export interface MemoryReport {
  readonly agent: readonly { readonly invocations: number; readonly resident: number }[];
  readonly hosts: readonly { readonly calls: number; readonly first: number; readonly most: number }[];
}

const sampleEvery = 50;

const [folder = '', kind = 'echo', count = '0'] = process.argv.slice(2);
const invocations = Number(count);
// The parent is bench/memory.ts, which names one of the two.
const plugin = kind as PluginKind;
await using agent = await openBenchAgent(folder, { approved: [plugin] });
agent.plugin(plugin, plugin);

const seen: { invocations: number; resident: number }[] = [];
const hosts = new Map<number, { calls: number; first: number; most: number }>();
for (let done = 1; done <= invocations; done += 1) {
  await agent.step({ plugin, calls: 1 });
  watchHosts();
  if (done % sampleEvery === 0) seen.push({ invocations: done, resident: process.memoryUsage.rss() });
  if (done % 1000 === 0) process.stderr.write(`${kind}: ${done} of ${invocations} invocations\n`);
}
const report: MemoryReport = { agent: seen, hosts: [...hosts.values()] };
process.stdout.write(`${JSON.stringify(report)}\n`);

function watchHosts(): void {
  for (const { pid, calls, resident_bytes: resident } of agent.supervisor.hosts()) {
    if (calls === 0 || resident === 0) continue;
    const host = hosts.get(pid) ?? { calls, first: resident, most: resident };
    hosts.set(pid, { calls, first: host.first, most: Math.max(host.most, resident) });
  }
}
