// Starts the example on the state folder ROOT, prints every notice as a line, and notes in the file BEGAN what begins.
import { answering, requestOf } from '../../contract/world.ts';
import { openExampleEngine } from './example-engine.ts';
import { exampleHead, exampleWorkflow } from './example-workflow.ts';

const [root = '', began = ''] = process.argv.slice(2);
await using engine = openExampleEngine({ root, began });
const handle = await engine.start(requestOf(exampleWorkflow, { head: exampleHead }));
const decide = answering(handle, () => ({ decision: 'approve' }));
for await (const notice of handle.notices) {
  process.stdout.write(`${JSON.stringify(notice)}\n`);
  decide(notice);
}
await handle.finished;
