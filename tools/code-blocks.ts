// `node tools/code-blocks.ts [--list] [--json]`: says of every block of code on the pages which test runs it, or why none can. Ends with 1 where
// a block has neither, where a reason is of a block that is gone or was changed, and where a test names a block that isn't there.
import { parseArgs } from 'node:util';
import { commandOf, repositoryLedger } from './code-blocks/repository.ts';

const { list, json } = parseArgs({
  options: { list: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
}).values;

const { entries, problems } = repositoryLedger();
const counts = new Map<string, number>();
for (const { by, because } of entries) {
  const commands = new Set(by.map(commandOf));
  // Each is counted once: by `npm test` where that runs it.
  const [first = because === undefined ? 'by nothing' : 'shown, with the reason'] = [...commands].sort(
    (one, other) => one.length - other.length,
  );
  counts.set(first, (counts.get(first) ?? 0) + 1);
}

if (json) {
  process.stdout.write(`${JSON.stringify({ entries, problems })}\n`);
} else {
  if (list) {
    for (const { block, by, because } of entries) {
      process.stdout.write(`${block.page}:${block.line} ${by.length > 0 ? by.join(', ') : (because ?? 'nothing')}\n`);
    }
  }
  const parts = [...counts].sort(([, one], [, other]) => other - one).map(([what, count]) => `${count} ${what}`);
  process.stdout.write(`${entries.length} blocks of code: ${parts.join(', ')}\n`);
}
for (const { file, line, message, remedy } of problems) {
  process.stderr.write(`${file}:${line}: ${message}\n  ${remedy}\n`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
