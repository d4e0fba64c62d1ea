import { parse } from 'acorn';
import convert from 'ast-v8-to-istanbul';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { bundleName } from '../plugin-build/bundle.ts';
import type { CoveredCode } from './covered-code.ts';

/** How often a part of a file ran. Lines begin with 1. */
export interface Counted {
  readonly line: number;
  readonly count: number;
}

/** What ran of one of the author's files, over all runs. */
export interface FileCoverage {
  /** In the plugin's folder. */
  readonly path: string;
  /** Each line that a statement begins on, in their order. */
  readonly lines: readonly Counted[];
  /** Each function, by where it begins. */
  readonly functions: readonly (Counted & { readonly name: string })[];
}

/** Counts what runs in the invocations of a supervisor. */
export interface CoverageCollector {
  readonly supervisor: Supervisor;
  /** Of all files of the author's that went into what ran; empty where nothing ran. */
  files(): Promise<readonly FileCoverage[]>;
}

/** A supervisor that runs the covered code in the place of the plugin's own, and what ran of it. */
export function collectCoverage(supervisor: Supervisor, covered: CoveredCode): CoverageCollector {
  const taken: Uint8Array[] = [];
  return {
    supervisor: {
      ...delegated(supervisor),
      invoke: (request) =>
        supervisor.invoke({
          ...request,
          plugin: { ...request.plugin, code: covered.code },
          onCoverage: (coverage) => taken.push(coverage),
        }),
    },
    files: async () => {
      const runs = await Promise.all(taken.map((bytes) => convertedOf(bytes, covered)));
      return [...covered.sources].flatMap((path) => mergedOf(path, runs));
    },
  };
}

function delegated(supervisor: Supervisor): Omit<Supervisor, 'invoke'> {
  return {
    level: supervisor.level,
    missing: supervisor.missing,
    hosts: () => supervisor.hosts(),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

type Converted = Awaited<ReturnType<typeof convert>>;

/** Where the sources are said to lie, so that their paths can be told from those of packages. */
const place = '/plugin/';

async function convertedOf(bytes: Uint8Array, { script, sourceMap }: CoveredCode): Promise<Converted> {
  const coverage = coverageIn(bytes);
  return await convert({
    code: script,
    // Of the version that this package's types know; nodes are those of ESTree.
    ast: parse(script, { ecmaVersion: 'latest', sourceType: 'module' }) as never,
    sourceMap: JSON.parse(sourceMap),
    coverage: { url: `file://${place}${bundleName}`, functions: coverage },
  });
}

type Functions = Parameters<typeof convert>[0]['coverage']['functions'];

/** The sandbox host is untrusted: what isn't V8's coverage of the one script is no coverage. */
function coverageIn(bytes: Uint8Array): Functions {
  const scripts = parsed(Buffer.from(bytes).toString('utf8'));
  const script = Array.isArray(scripts)
    ? scripts.find((each) => isObject(each) && each['url'] === bundleName)
    : undefined;
  const functions: unknown = isObject(script) ? script['functions'] : [];
  return Array.isArray(functions) && functions.every(isFunction) ? functions : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFunction(value: unknown): value is Functions[number] {
  if (!isObject(value) || typeof value['functionName'] !== 'string' || !Array.isArray(value['ranges'])) return false;
  return value['ranges'].every(
    (range) =>
      isObject(range) && ['startOffset', 'endOffset', 'count'].every((key) => Number.isSafeInteger(range[key])),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The sums over all runs; what is found in a file is the same in each, since the script is. */
function mergedOf(path: string, runs: readonly Converted[]): readonly FileCoverage[] {
  const lines = new Map<number, number>();
  const functions = new Map<string, { readonly name: string; readonly line: number; count: number }>();
  for (const run of runs) {
    const file = run[`${place}${path}`];
    if (file === undefined) continue;
    for (const [line, count] of linesOf(file)) lines.set(line, (lines.get(line) ?? 0) + count);
    for (const [id, { name, line }] of Object.entries(file.fnMap)) {
      const known = functions.get(id) ?? { name, line, count: 0 };
      known.count += file.f[id] ?? 0;
      functions.set(id, known);
    }
  }
  if (runs.length === 0) return [];
  const counted = [...lines].map(([line, count]) => ({ line, count }));
  return [{ path, lines: counted.sort((one, other) => one.line - other.line), functions: [...functions.values()] }];
}

/** A line ran as often as that of its statements which ran most. */
function linesOf({ statementMap, s }: Converted[string]): ReadonlyMap<number, number> {
  const lines = new Map<number, number>();
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, Math.max(lines.get(start.line) ?? 0, s[id] ?? 0));
  }
  return lines;
}
