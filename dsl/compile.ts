import type { Diagnostic, Digest, Plan } from '../schemas/index.ts';
import type { Compile, CompileOptions } from './api.ts';
import { type CalledFile, CalledWorkflows } from './calls.ts';
import { matchCheaply } from './pattern.ts';
import { folderOf } from './read/call-path.ts';
import { type ReadWorkflow, readWorkflow } from './read/workflow.ts';
import { decodeSource } from './source/decode.ts';
import { LineIndex } from './source/lines.ts';
import { Report } from './source/report.ts';
import { sha256 } from './source/sha256.ts';
import { buildTree } from './tree/build.ts';
import { type ParsedYaml, parseYaml } from './tree/parse.ts';

/**
 * Text or bytes of a workflow file -> plan and every diagnostic, in file order and one pass: bytes to text, text to a tree with
 * places, tree to plan, each step bounded in time whatever it is given. Workflows that its jobs call are read the same way.
 */
export const compile: Compile = (source, options) => {
  const { folder, name } = splitPath(options.file);
  const calls: CalledWorkflows = new CalledWorkflows(name, options, (path, called) =>
    readCalled(called, { options, calls, path, file: `${folder}${path}` }),
  );
  const { plan, diagnostics } = readFile(source, { options, calls, path: name, file: options.file });
  const files = calls.files();
  if (files.size === 0) return { ...(plan === undefined ? {} : { plan }), diagnostics };
  const every = [...diagnostics, ...Array.from(files.values(), (file) => file.diagnostics).flat()];
  const called = new Map(Array.from(files.values(), ({ file, text }) => [file, text]));
  // A call of a file with an error is an error where it stands, so that with the root's plan there is each one's.
  if (plan === undefined) return { diagnostics: every, called };
  const plans = Array.from(files, ([path, file]) =>
    file.plan === undefined ? [] : [[path, file.plan] as const],
  ).flat();
  return { plan: { ...plan, workflows: Object.fromEntries(plans) }, diagnostics: every, called };
};

/** The path of a file as its folder, with the slash that ends it, and its name. */
function splitPath(file: string): { readonly folder: string; readonly name: string } {
  const end = file.lastIndexOf('/') + 1;
  return { folder: file.slice(0, end), name: file.slice(end) };
}

/** A file, and what it is read with. */
interface FileSurroundings {
  readonly options: CompileOptions;
  readonly calls: CalledWorkflows;
  /** Relative to the folder of the root workflow's file. */
  readonly path: string;
  /** As it stands in diagnostics. */
  readonly file: string;
}

/** A file that a job calls, with the plan that it has then: other inputs, and nothing that starts it by itself. */
function readCalled(source: Uint8Array | string, around: FileSurroundings): CalledFile {
  const { plan, workflow, diagnostics, text } = readFile(source, around);
  const read = { file: around.file, text, diagnostics };
  if (workflow?.callInputs === undefined) return { ...read, ...(plan === undefined ? {} : { plan }) };
  const { callInputs: inputs } = workflow;
  const { outputs, secrets } = workflow.plan.call ?? { outputs: {}, secrets: {} };
  const callable = { inputs, outputs: Object.keys(outputs), secrets };
  if (plan === undefined) return { ...read, callable };
  const { triggers: _triggers, ...rest } = plan;
  return { ...read, callable, plan: { ...rest, inputs } };
}

interface ReadFile {
  readonly plan?: Plan;
  readonly workflow: ReadWorkflow | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
}

/** A file by itself: what it says, and its plan where nothing in it is an error. */
function readFile(source: Uint8Array | string, around: FileSurroundings): ReadFile {
  const { text, problem } = decodeSource(source);
  const report = new Report(around.file, new LineIndex(text));
  if (problem !== undefined) {
    const { span, ...finding } = problem;
    report.error(span, finding);
    return { workflow: undefined, diagnostics: report.diagnostics(), text };
  }
  const readings = parseYaml(text, report).map((yaml) => readYaml(yaml, around));
  // Where tabs leave open what was meant, that is likeliest which makes most sense: of the YAML, then of all.
  const [best] = readings.toSorted(
    (left, right) => left.complaints - right.complaints || left.diagnostics.length - right.diagnostics.length,
  );
  const { workflow, diagnostics } = best ?? { workflow: undefined, diagnostics: report.diagnostics() };
  if (workflow === undefined || diagnostics.some(isError)) return { workflow, diagnostics, text };
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  // sha256 gives 64 lower-case hex digits.
  const digest = `sha256:${sha256(bytes)}` as Digest;
  return { plan: { version: 1, file: around.file, source: digest, ...workflow.plan }, workflow, diagnostics, text };
}

/** What the file says, and everything that is wrong with it, in one way to read it. */
interface Reading {
  readonly complaints: number;
  readonly workflow: ReadWorkflow | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

function readYaml({ document, text, report, complaints }: ParsedYaml, around: FileSurroundings): Reading {
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
    return { workflow: undefined, diagnostics: report.diagnostics(), complaints };
  }
  const { options, calls, path } = around;
  const { catalogue, knownQueues, matchPattern = matchCheaply } = options;
  const known = knownQueues === undefined ? {} : { knownQueues };
  const reading = { source: text, report, catalogue, matchPattern, folder: folderOf(path), calls, ...known };
  const workflow = readWorkflow(reading, root);
  return { workflow, diagnostics: report.diagnostics(), complaints };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
