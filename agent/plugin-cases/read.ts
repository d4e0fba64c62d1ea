import { splitPath } from '../../runtime/capabilities/fs/path.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import { checkSchema } from '../../runtime/documents/schema-check.ts';
import { type DocumentKind, readSchemaDocument } from '../../runtime/documents/schema-document.ts';
import type { DocumentPath, YamlDocument } from '../../runtime/documents/yaml-document.ts';
import { checkCall, parseCallText } from '../../runtime/grants/call-text.ts';
import { checkPermissions } from '../../runtime/grants/check-document.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { Answered, Call, Case, Entry, PluginCasesFile } from '../../schemas/generated/plugin-cases.ts';
import type { Json, JsonObject, Permissions, WaterflowError } from '../../schemas/index.ts';
import casesSchema from '../../schemas/plugin-cases.schema.json' with { type: 'json' };
import { subjectOf } from '../executor/subject.ts';
import { checkAgainstManifest } from './against-manifest.ts';
import { codeProblem, explainMisfit } from './explain.ts';
import { holdsPattern, patternProblem } from './match.ts';
import { withoutPatterns } from './patterns.ts';
import { answerProblems } from './recorded-answer.ts';

/** A call as a case names it. */
export interface NamedCall {
  readonly call: HostCall;
  /** In one line, as it is shown. */
  readonly text: string;
  /** subject: by what it is about; args: by its arguments, one by one. */
  readonly by: 'subject' | 'args';
}

/** A call with the answer that it gets. */
export interface RecordedCall extends NamedCall {
  /** Where it stands in its case: `host_calls[1].any-order[0]`. */
  readonly place: string;
  readonly line: number;
  readonly answer: { readonly ok: Json } | { readonly error: NonNullable<Answered['error']> };
  readonly files: NonNullable<Case['files']>;
  readonly log: string;
}

/** What a plugin is given and what must come of it. */
export interface PluginCase {
  readonly name: string;
  /** Where it stands. */
  readonly file: string;
  readonly line: number;
  /** Of the case in its file, from 0. */
  readonly index: number;
  readonly host: 'recorded' | 'real';
  readonly inputs: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** In ms since the epoch. */
  readonly time: number;
  readonly files: NonNullable<Case['files']>;
  /** Undefined: no layer. */
  readonly permissions: Permissions | undefined;
  /** One group after the other; those of a group in whatever order. */
  readonly hostCalls: readonly (readonly RecordedCall[])[];
  readonly expect: Omit<NonNullable<Case['expect']>, 'denials'> & {
    readonly denials: readonly (NamedCall & { readonly rule: string })[];
  };
}

const defaultTime = Date.UTC(2026, 0, 1);

/** Cases of that plugin; of none in particular where there is no manifest. */
function casesDocument(manifest: PluginManifest | undefined): DocumentKind<PluginCasesFile> {
  return {
    code: 'INVALID_INPUT',
    schema: casesSchema,
    explain: explainMisfit,
    check: ({ document, content }) =>
      content.flatMap((one, index) => [
        ...checkCase(document, one, index),
        ...(manifest === undefined ? [] : checkAgainstManifest(one, manifest)).map(({ path, part, ...problem }) =>
          document.error({ path: [index, ...path], part }, problem),
        ),
      ]),
  };
}

/** Text of a file of cases -> the cases, or all that is wrong with them (INVALID_INPUT with line and column), by the manifest of their plugin. */
export function readPluginCases(
  text: string,
  file: string,
  { manifest }: { readonly manifest?: PluginManifest } = {},
): { readonly cases: readonly PluginCase[] } | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument(text, file, casesDocument(manifest));
  if ('errors' in read) return read;
  const { document, content } = read;
  return { cases: content.map((one, index) => caseOf(document, one, index)) };
}

function caseOf(document: YamlDocument, one: Case, index: number): PluginCase {
  const { denials = [], ...expect } = one.expect ?? {};
  return {
    name: one.name,
    file: document.file,
    line: document.lineOf([index]),
    index,
    host: one.host ?? 'recorded',
    // Read from YAML: JSON.
    inputs: (one.inputs ?? {}) as JsonObject,
    secrets: one.secrets ?? {},
    env: one.env ?? {},
    time: one.time === undefined ? defaultTime : Date.parse(one.time),
    files: one.files ?? {},
    // As above, and checked by each capability.
    permissions: one.permissions as Permissions | undefined,
    hostCalls: (one.host_calls ?? []).map((entry, at) => {
      const path = ['host_calls', at] as const;
      const group = entry['any-order'];
      const recorded = (answered: Entry | Answered, below: DocumentPath): RecordedCall =>
        recordedCall(answered, { path: [...path, ...below], line: document.lineOf([index, ...path, ...below]) });
      return group?.map((answered, inGroup) => recorded(answered, ['any-order', inGroup])) ?? [recorded(entry, [])];
    }),
    expect: { ...expect, denials: denials.map(({ call, rule = '' }) => ({ ...namedCall(call), rule })) },
  };
}

function recordedCall(
  answered: Entry | Answered,
  { path, line }: { readonly path: DocumentPath; readonly line: number },
): RecordedCall {
  const { call, ok = null, error, files = {}, log = '' } = answered;
  if (call === undefined) throw new TypeError('a checked entry has a call');
  // Read from YAML: JSON.
  const answer = error === undefined ? { ok: ok as Json } : { error };
  return { ...namedCall(call), answer, files, log, place: placeOf(path), line };
}

/** `host_calls[1].any-order[0]`. */
function placeOf(path: DocumentPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

function namedCall(written: Call): NamedCall {
  const parsed = parseCall(written);
  if ('problem' in parsed) throw new TypeError('a checked call is one');
  return { call: parsed.call, text: callText(parsed.call), by: typeof written === 'string' ? 'subject' : 'args' };
}

/** `net.request GET https://example.com/`. */
export function callText(call: HostCall): string {
  return `${call.capability}.${call.operation} ${subjectOf(call, (text) => text)}`.trim();
}

function parseCall(written: Call): { readonly call: HostCall } | { readonly problem: string; readonly remedy: string } {
  if (typeof written === 'string') return parseCallText(written);
  // Read from YAML: JSON.
  const call = { ...written, args: (written.args ?? {}) as JsonObject };
  const checked = checkCall(call);
  const schema = capabilities.get(call.capability)?.operations[call.operation]?.argsSchema;
  if (!('problem' in checked) || schema === undefined || !holdsPattern(call.args)) return checked;
  const [problem] = withoutPatterns(checkSchema(schema, call.args), call.args);
  if (problem === undefined) return { call };
  return { problem: `${call.capability}.${call.operation}: ${problem.message}`, remedy: problem.remedy };
}

/** Everything that the schema doesn't say. */
function checkCase(document: YamlDocument, one: Case, index: number): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const wrong: Wrong = (path, message, remedy, part = 'value') => {
    errors.push(document.error({ path: [index, ...path], part }, { message, remedy }));
  };
  // The document is JSON, and the schema leaves only lists of objects here.
  errors.push(...checkPermissions(document, [index, 'permissions'], (one.permissions ?? {}) as Permissions));
  checkPaths(one.files, ['files'], wrong);
  for (const [at, entry] of (one.host_calls ?? []).entries()) checkEntry(entry, ['host_calls', at], wrong);
  if (one.host === 'real' && one.host_calls !== undefined) {
    wrong(['host_calls'], 'a case with `host: real` has no recorded calls', 'Remove `host_calls`, or `host: real`.');
  }
  checkExpectation(one.expect ?? {}, wrong);
  return errors;
}

type Wrong = (path: DocumentPath, message: string, remedy: string, part?: 'key' | 'value') => void;

function checkEntry(entry: Entry, path: DocumentPath, wrong: Wrong): void {
  const group = entry['any-order'];
  if (group === undefined) return checkAnswered(entry, path, wrong);
  if (Object.keys(entry).length > 1)
    wrong(path, '`any-order` stands alone', 'Write what is beside it into one of its calls.');
  for (const [at, answered] of group.entries()) checkAnswered(answered, [...path, 'any-order', at], wrong);
}

function checkAnswered(answered: Entry | Answered, path: DocumentPath, wrong: Wrong): void {
  if (answered.call === undefined)
    return wrong(path, '`call` is missing', 'Say which call it is: `call: net GET https://example.com/`.');
  const parsed = checkNamed(answered.call, [...path, 'call'], wrong);
  checkPaths(answered.files, [...path, 'files'], wrong);
  if (answered.ok !== undefined && answered.error !== undefined)
    wrong([...path, 'error'], 'a call gives `ok` or an `error`, not both', 'Keep one of them.');
  if (parsed === undefined || answered.error !== undefined) return;
  if (capabilities.get(parsed.capability)?.ambient === true) {
    const message = `${parsed.capability}.${parsed.operation} needs no answer: time and chance come out the same each time`;
    return wrong([...path, 'call'], message, 'Remove it; `time` of a case says when the run began.');
  }
  // Read from YAML: JSON.
  for (const problem of answerProblems(parsed, answered.ok as Json | undefined)) {
    wrong([...path, 'ok', ...problem.path], problem.message, problem.remedy, problem.part);
  }
}

/** The call where it is one. */
function checkNamed(call: Call, path: DocumentPath, wrong: Wrong): HostCall | undefined {
  const parsed = parseCall(call);
  if ('problem' in parsed) {
    wrong(path, parsed.problem, parsed.remedy);
    return undefined;
  }
  if (typeof call !== 'string') checkPatterns(parsed.call.args, [...path, 'args'], wrong);
  return parsed.call;
}

function checkPaths(files: Case['files'], path: DocumentPath, wrong: Wrong): void {
  for (const name of Object.keys(files ?? {})) {
    const split = splitPath(name);
    const problem = 'problem' in split ? split.problem : split.names.length === 0 ? 'it is the workspace itself' : '';
    if (problem !== '') wrong([...path, name], problem, 'Write a path in the workspace.');
  }
}

function checkExpectation(expect: NonNullable<Case['expect']>, wrong: Wrong): void {
  const { outputs, error, files = {}, denials = [] } = expect;
  // Of a failure outputs may be expected, too; they are what it gave all the same.
  checkPatterns((outputs ?? {}) as Json, ['expect', 'outputs'], wrong); // Read from YAML: JSON.
  const wrongCode = error === undefined ? undefined : codeProblem(error.code);
  if (wrongCode !== undefined) wrong(['expect', 'error', 'code'], wrongCode.message, wrongCode.remedy);
  if (error?.message !== undefined) checkPatterns(error.message, ['expect', 'error', 'message'], wrong);
  for (const name of Object.keys(files)) {
    const split = splitPath(name);
    if ('problem' in split) wrong(['expect', 'files', name], split.problem, 'Write a path in the workspace.');
  }
  for (const [at, { call }] of denials.entries()) checkNamed(call, ['expect', 'denials', at, 'call'], wrong);
}

function checkPatterns(value: Json, path: DocumentPath, wrong: Wrong): void {
  if (typeof value !== 'object' || value === null) return;
  const problem = patternProblem(value);
  if (problem !== undefined) return wrong(path, problem, 'See the forms in docs/plugin-authoring.md.');
  for (const [key, item] of Object.entries(value)) checkPatterns(item, [...path, key], wrong);
}
