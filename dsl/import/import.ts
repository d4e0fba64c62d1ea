import { type Document, isMap, type YAMLMap } from 'yaml';
import type { Diagnostic } from '../../schemas/index.ts';
import type { CompileOptions } from '../api.ts';
import { compile } from '../compile.ts';
import { decodeSource } from '../source/decode.ts';
import { LineIndex } from '../source/lines.ts';
import { Report } from '../source/report.ts';
import { buildTree } from '../tree/build.ts';
import { parseYaml } from '../tree/parse.ts';
import { importConcurrency } from './concurrency.ts';
import { importDefaults, shellDefault } from './defaults.ts';
import { EventInputs } from './event-inputs.ts';
import { importExpressions } from './expressions.ts';
import { addInput, freeName, inputNames } from './inputs.ts';
import { importJob, tokenScopes } from './job.ts';
import { applyRules, fieldsOf, type KeyRule, type KeyRules, keep, without, writeAliasesOut } from './mapping.ts';
import { type ImportEntry, ImportRecord } from './record.ts';
import { moveSecretEnv } from './secret-env.ts';
import { envNames } from './step.ts';
import { importTriggers } from './triggers.ts';

/** A workflow of GitHub as it is here. */
export interface ImportedWorkflow {
  /** The text of the workflow file. */
  readonly workflow: string;
  /** What isn't as it was, in the order of the imported file. Whatever of that file is not here stands as it was. */
  readonly entries: readonly ImportEntry[];
  /** What the reader says of the result; places are those of `workflow`. */
  readonly diagnostics: readonly Diagnostic[];
  /** True where nothing needs hands: no entry is a `todo`, no diagnostic an error. */
  readonly complete: boolean;
}

/** Or why the file can't be read at all. */
export type ImportResult = ImportedWorkflow | { readonly unreadable: readonly Diagnostic[] };

/**
 * A workflow file of GitHub Actions -> one of Waterflow, with comments and order as far as they have a place. Never throws on bad
 * input. What has no counterpart is listed; a step that can't be imported becomes one that fails.
 */
export function importWorkflow(source: Uint8Array | string, options: CompileOptions): ImportResult {
  const read = readDocument(source, options.file);
  if ('unreadable' in read) return read;
  const { document, root, text } = read;
  const record = new ImportRecord(new LineIndex(text), new EventInputs(inputNames(root)));
  writeAliasesOut(document);
  importRoot(root, { record, text });
  for (const { key, value } of fieldsOf({ map: root, path: [] })) {
    // Of what starts a run only the outputs of a call hold expressions, and have theirs rewritten there.
    if (key !== 'on') importExpressions(value, [key], record);
  }
  moveSecretEnv(root, record);
  for (const { name, property } of record.eventInputs.entries()) {
    addInput(root, { name, required: false, description: `What github.${property} is in a run of GitHub.` });
  }
  const workflow = document.toString({ lineWidth: 0 });
  const entries = record.entries();
  const { diagnostics: found, called } = compile(workflow, options);
  // What it calls is imported by itself.
  const diagnostics = found.filter((diagnostic) => called?.has(diagnostic.file ?? '') !== true);
  const isDone = entries.every(({ outcome }) => outcome !== 'todo');
  return {
    workflow,
    entries,
    diagnostics,
    complete: isDone && diagnostics.every(({ severity }) => severity !== 'error'),
  };
}

interface ReadDocument {
  readonly document: Document;
  readonly root: YAMLMap;
  readonly text: string;
}

function readDocument(
  source: Uint8Array | string,
  file: string,
): ReadDocument | { readonly unreadable: readonly Diagnostic[] } {
  const { text, problem } = decodeSource(source);
  const report = new Report(file, new LineIndex(text));
  if (problem !== undefined) {
    const { span, ...finding } = problem;
    report.error(span, finding);
    return { unreadable: report.diagnostics() };
  }
  const [yaml] = parseYaml(text, report);
  if (yaml === undefined) return { unreadable: report.diagnostics() };
  buildTree(yaml.document, yaml.text, yaml.report);
  const found = yaml.report.diagnostics().filter(({ severity }) => severity === 'error');
  if (found.length > 0) return { unreadable: found };
  // The parsed document is a document whose nodes have places.
  const document = yaml.document as unknown as Document;
  if (isMap(document.contents)) return { document, root: document.contents, text: yaml.text };
  const start = { start: 0, end: 1 };
  report.error(start, {
    code: 'EMPTY',
    message: 'the file holds no workflow',
    remedy: 'Name a workflow file of GitHub Actions.',
  });
  return { unreadable: report.diagnostics() };
}

function importRoot(root: YAMLMap, { record, text }: { readonly record: ImportRecord; readonly text: string }): void {
  const input = freeName(inputNames(root), 'repository');
  let isUsed = false;
  const own = { input, use: (): void => void (isUsed = true) };
  const around = {
    record,
    text,
    own,
    defaults: shellDefault(root.get('defaults', true)),
    env: envNames(root.get('env', true)),
  };
  const importJobs: KeyRule = ({ value, place }) => {
    if (!isMap(value)) return;
    // Comments and scripts that stand for steps are unreadable in braces.
    root.flow = false;
    value.flow = false;
    for (const job of fieldsOf({ map: value, path: place.path })) {
      if (isMap(job.value)) importJob({ map: job.value, path: job.place.path }, around);
    }
  };
  applyRules({ map: root, path: [] }, rulesWith(importJobs), record);
  if (isUsed) {
    addInput(root, { name: input, required: true, description: 'The address of the git repository to check out.' });
  }
}

function rulesWith(importJobs: KeyRule): KeyRules {
  return {
    what: 'a workflow',
    rules: {
      name: keep,
      'run-name': keep,
      on: importTriggers,
      env: keep,
      defaults: importDefaults,
      permissions: without(tokenScopes),
      concurrency: importConcurrency,
      jobs: importJobs,
    },
  };
}
