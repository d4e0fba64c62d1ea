// Opens a run, appends one entry, says so, and holds on to it until it is killed.
import { parseRunId } from '../../../schemas/index.ts';
import { createFolderStore } from '../store.ts';

const [root = '', text = ''] = process.argv.slice(2);
const run = parseRunId(text);
if (run === undefined) throw new Error('usage: hold-run.ts ROOT RUN');
const store = createFolderStore({ root }).open(run);
store.append([{ machine: { kind: 'run' }, event: { type: 'run_started', pid: process.pid } }]);
process.stdout.write('held\n');
setInterval(() => store.run, 60_000);
