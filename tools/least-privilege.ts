// `npm run least-privilege [-- --plugin NAME] [--only PLACE] [--quick] [--resume FILE] [--json]`: takes each permission of the built-in nodes away, and every part of
// one, and shows that a test notices. Ends with 1 where none does: then the manifest asks for more than is needed, or a test is missing.
// `--learn` runs each node's tests once, learns from their calls and inputs what the manifest has to ask for, and ends with 1 where that is less.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type LearnedPlugin, learnPlugin } from './least-privilege/learn/learn.ts';
import { learnedLines, openCount } from './least-privilege/learn/report.ts';
import { widerReasons } from './least-privilege/learn/wider.ts';
import { Failing, lineOf, tryNarrowings } from './least-privilege/try.ts';
import { copySources } from './source-copy.ts';

const usage = `npm run least-privilege -- [options]
  --plugin NAME   this node only; may be repeated
  --only PLACE    only what begins so, as net[0]
  --quick         believes what shows in the calls of the tests: one that would be refused, or that none would be decided otherwise. Runs
                  tests only for what lies between, such as secrets; all of them would take some seconds for each permission
  --learn         compares the manifests with what their tests' calls need, in general, and tries nothing
  --resume FILE   keeps each result there, and tries none again that is there and was noticed
  --json          one JSON document instead of lines
`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const known = readdirSync(join(import.meta.dirname, '../plugins'));
  let values: Options;
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
  try {
    return await (values.learn ? learn : narrow)(values.plugin ?? known, values);
  } catch (error) {
    if (!(error instanceof Failing)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

type Options = ReturnType<typeof parse>;

async function narrow(plugins: readonly string[], { only, quick, resume, json }: Options): Promise<number> {
  using sources = copySources();
  const results = await tryNarrowings({
    root: sources.path,
    plugins,
    ...(only === undefined ? {} : { only }),
    quick,
    ...(resume === undefined ? {} : { resume }),
    progress: (text) => void process.stderr.write(`${text}\n`),
  });
  const idle = results.filter(({ verdict }) => verdict === 'not needed' || verdict === 'unknown');
  print(json, results, [
    ...idle.map(lineOf),
    `${results.length} permissions and parts of them, ${idle.length} that no test needs or whose tests came to no end`,
  ]);
  return idle.length === 0 && results.length > 0 ? 0 : 1;
}

async function learn(plugins: readonly string[], { json }: Options): Promise<number> {
  // Reports of the tests are written there.
  using sources = copySources();
  const learned: LearnedPlugin[] = [];
  for (const plugin of plugins) {
    process.stderr.write(`${plugin}\n`);
    learned.push(await learnPlugin(plugin, { root: sources.path, wider: widerReasons() }));
  }
  print(json, learned, learnedLines(learned));
  return openCount(learned) === 0 ? 0 : 1;
}

function print(asJson: boolean, document: unknown, lines: readonly string[]): void {
  process.stdout.write(asJson ? `${JSON.stringify(document)}\n` : `${lines.join('\n')}\n`);
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      plugin: { type: 'string', multiple: true },
      only: { type: 'string' },
      learn: { type: 'boolean', default: false },
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
