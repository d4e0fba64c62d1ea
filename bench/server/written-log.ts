import { type JobKey, parseRunId, type StepKey } from '../../schemas/index.ts';
import { createFolderStore } from '../../storage/index.ts';
import { apiOf } from './api.ts';
import type { BenchServer } from './process.ts';
import { smallRun } from './workflows.ts';

/** A step's attempt keeps 64 MiB. */
const attemptBytes = 60 * 1024 * 1024;

/** A run that has ended, and whose log is then made of segments of ASCII, as it would take a step minutes to write it. */
export async function runWithLog(server: BenchServer, segments: Iterable<string>): Promise<string> {
  const api = apiOf(server);
  const run = await api.submit(smallRun);
  await api.reach(run, 'success');
  const id = parseRunId(run);
  if (id === undefined) throw new TypeError(`not the id of a run: ${run}`);
  using store = createFolderStore({ root: server.state }).open(id);
  let [sequence, bytes] = [0, 0];
  for (const text of segments) {
    sequence += 1;
    bytes += Buffer.byteLength(text);
    store.appendLog({
      job: 'only' as JobKey, // Any text may be a key.
      step: 'long' as StepKey,
      job_attempt: 1,
      attempt: Math.floor(bytes / attemptBytes) + 1,
      sequence,
      at: Date.now(),
      stream: 'stdout',
      text,
    });
  }
  return run;
}
