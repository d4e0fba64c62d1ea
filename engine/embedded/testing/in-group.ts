// Starts a run in the group `deploy` on the state folder ROOT whose step takes so many MILLISECONDS, or resumes RUN. Prints notices.
import { parseRunId } from '../../../schemas/index.ts';
import { requestOf } from '../../contract/world.ts';
import { openExampleEngine } from './example-engine.ts';

const [root = '', milliseconds = '', text = ''] = process.argv.slice(2);
await using engine = openExampleEngine({ root, began: `${root}-began` });
const run = parseRunId(text);
const step = { id: 'work', with: { takes_ms: Number(milliseconds) }, retry: { on: ['lost'] } } as const;
const request = requestOf({ build: { steps: [step] } }, { head: { concurrency: { group: 'deploy' } } });
const handle = run === undefined ? await engine.start(request) : await engine.resume(run, {});
for await (const notice of handle.notices) process.stdout.write(`${JSON.stringify(notice)}\n`);
