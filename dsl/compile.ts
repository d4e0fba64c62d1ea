import type { Diagnostic, Digest } from '../schemas/index.ts';
import type { Compile, CompileOptions } from './api.ts';
import { matchCheaply } from './pattern.ts';
import { readWorkflow } from './read/workflow.ts';
import { decodeSource } from './source/decode.ts';
import { LineIndex } from './source/lines.ts';
import { Report } from './source/report.ts';
import { sha256 } from './source/sha256.ts';
import { buildTree } from './tree/build.ts';
import { type ParsedYaml, parseYaml } from './tree/parse.ts';

/**
 * Text or bytes of a workflow file -> plan and every diagnostic, in file order and one pass: bytes to text, text to a tree with
 * places, tree to plan, each step bounded in time whatever it is given.
 */
export const compile: Compile = (source, options) => {
  const decoded = decodeSource(source);
  const report = new Report(options.file, new LineIndex(decoded.text));
  if (decoded.problem !== undefined) {
    const { span, ...finding } = decoded.problem;
    report.error(span, finding);
    return { diagnostics: report.diagnostics() };
  }
  const readings = parseYaml(decoded.text, report).map((yaml) => readYaml(yaml, options));
  // Where tabs leave open what was meant, that is likeliest which makes most sense: of the YAML, then of all.
  const [best] = readings.toSorted(
    (left, right) => left.complaints - right.complaints || left.diagnostics.length - right.diagnostics.length,
  );
  const { plan, diagnostics } = best ?? { plan: undefined, diagnostics: report.diagnostics() };
  if (plan === undefined || diagnostics.some(isError)) return { diagnostics };
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  // sha256 gives 64 lower-case hex digits.
  const digest = `sha256:${sha256(bytes)}` as Digest;
  return { plan: { version: 1, file: options.file, source: digest, ...plan }, diagnostics };
};

/** What the file says, and everything that is wrong with it, in one way to read it. */
interface Reading {
  readonly complaints: number;
  readonly plan: ReturnType<typeof readWorkflow>;
  readonly diagnostics: readonly Diagnostic[];
}

function readYaml({ document, text, report, complaints }: ParsedYaml, options: CompileOptions): Reading {
  const root = buildTree(document, text, report);
  if (root.kind === 'scalar' && root.value === null) {
    report.error(
      { start: 0, end: 1 },
      {
        code: 'EMPTY',
        message: 'the file holds no workflow',
        remedy: 'Write one: `on: manual` and `jobs:` with at least one job.',
      },
    );
    return { plan: undefined, diagnostics: report.diagnostics(), complaints };
  }
  const matchPattern = options.matchPattern ?? matchCheaply;
  const { catalogue, knownQueues } = options;
  const known = knownQueues === undefined ? {} : { knownQueues };
  const plan = readWorkflow({ source: text, report, catalogue, matchPattern, ...known }, root);
  return { plan, diagnostics: report.diagnostics(), complaints };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
