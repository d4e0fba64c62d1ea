import type { Diagnostic, Digest } from '../schemas/index.ts';
import type { Compile, CompileOptions } from './api.ts';
import { matchCheaply } from './pattern.ts';
import { readWorkflow } from './read/workflow.ts';
import { decodeSource } from './source/decode.ts';
import { LineIndex } from './source/lines.ts';
import { Report } from './source/report.ts';
import { sha256 } from './source/sha256.ts';
import { buildTree } from './tree/build.ts';
import { parseYaml } from './tree/parse.ts';

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
  const plan = readText(decoded.text, report, options);
  const diagnostics = report.diagnostics();
  if (plan === undefined || diagnostics.some(isError)) return { diagnostics };
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  // sha256 gives 64 lower-case hex digits.
  const digest = `sha256:${sha256(bytes)}` as Digest;
  return { plan: { version: 1, file: options.file, source: digest, ...plan }, diagnostics };
};

function readText(text: string, report: Report, options: CompileOptions): ReturnType<typeof readWorkflow> {
  const yaml = parseYaml(text, report);
  if (yaml === undefined) return undefined;
  const root = buildTree(yaml.document, yaml.text, report);
  if (root.kind === 'scalar' && root.value === null) {
    report.error(
      { start: 0, end: 1 },
      {
        code: 'EMPTY',
        message: 'the file holds no workflow',
        remedy: 'write one: `on: manual` and `jobs:` with at least one job',
      },
    );
    return undefined;
  }
  return readWorkflow(
    { source: yaml.text, report, catalogue: options.catalogue, matchPattern: options.matchPattern ?? matchCheaply },
    root,
  );
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
