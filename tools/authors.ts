// `npm run test:authors [-- --template NAME] [--json]`: goes with each template the way of an author and of an operator, from `plugin new`
// to a workflow's step that runs the signed and installed plugin, and prints how long each step takes. A template whose compiler isn't on this machine
// is left out, with how to get it. Ends with 1 where a step fails. It asks no network.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Journey, travel } from './authors/journey.ts';
import { renderJourneys } from './authors/table.ts';
import { templateNames } from './authors/templates.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = { template: { type: 'string', multiple: true }, json: { type: 'boolean', default: false } } as const;
  const { template = [...templateNames], json } = parseArgs({ args: [...argv], options }).values;
  const unknown = template.find((name) => !templateNames.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no template ${unknown}, only ${templateNames.join(', ')}\n`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-authors-'));
  try {
    const journeys: Journey[] = [];
    // One after another, so that none is timed beside another.
    for (const name of template) {
      process.stderr.write(`${name}...\n`);
      journeys.push(await travel(name, { folder, now: () => performance.now() }));
    }
    process.stdout.write(json ? `${JSON.stringify({ journeys })}\n` : renderJourneys(journeys));
    return journeys.some(({ state }) => state === 'failed') ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
