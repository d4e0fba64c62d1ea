// `npm run least-privilege [-- --plugin NAME] [--only PLACE] [--quick] [--resume FILE] [--json]`: takes each permission of the built-in nodes away, and every part of
// one, and shows that a test notices. Ends with 1 where none does: then the manifest asks for more than is needed, or a test is missing.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failing, lineOf, tryNarrowings } from './least-privilege/try.ts';
import { copySources } from './source-copy.ts';

const usage = `npm run least-privilege -- [options]
  --plugin NAME   this node only; may be repeated
  --only PLACE    only what begins so, as net[0]
  --quick         believes what shows in the calls of the tests: one that would be refused, or that none would be decided otherwise. Runs
                  tests only for what lies between, such as secrets; all of them would take some seconds for each permission
  --resume FILE   keeps each result there, and tries none again that is there and was noticed
  --json          one JSON document instead of lines
`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const known = readdirSync(join(import.meta.dirname, '../plugins'));
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = values.plugin?.find((name) => !known.includes(name));
  if (unknown !== undefined) return refuse(`--plugin ${unknown}: there are ${known.join(', ')}`);
  using sources = copySources();
  let results: Awaited<ReturnType<typeof tryNarrowings>>;
  try {
    results = await tryNarrowings({
      root: sources.path,
      plugins: values.plugin ?? known,
      ...(values.only === undefined ? {} : { only: values.only }),
      quick: values.quick,
      ...(values.resume === undefined ? {} : { resume: values.resume }),
      progress: (text) => void process.stderr.write(`${text}\n`),
    });
  } catch (error) {
    if (!(error instanceof Failing)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const idle = results.filter(({ verdict }) => verdict === 'not needed' || verdict === 'unknown');
  const lines = [
    ...idle.map(lineOf),
    `${results.length} permissions and parts of them, ${idle.length} that no test needs or whose tests came to no end`,
  ];
  process.stdout.write(values.json ? `${JSON.stringify(results)}\n` : `${lines.join('\n')}\n`);
  return idle.length === 0 && results.length > 0 ? 0 : 1;
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      plugin: { type: 'string', multiple: true },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      resume: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n${usage}`);
  return 2;
}
