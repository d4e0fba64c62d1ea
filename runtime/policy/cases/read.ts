import type { Case, PolicyCasesFile } from '../../../schemas/generated/policy-cases.ts';
import type { Digest, Json, JsonObject, Permissions, WaterflowError } from '../../../schemas/index.ts';
import casesSchema from '../../../schemas/policy-cases.schema.json' with { type: 'json' };
import { type DocumentKind, readSchemaDocument } from '../../documents/schema-document.ts';
import type { YamlDocument } from '../../documents/yaml-document.ts';
import type { GrantSubject } from '../../grants/api.ts';
import { checkCall, parseCallText } from '../../grants/call-text.ts';
import { checkPermissions } from '../../grants/check-document.ts';
import { impliedCalls } from '../../grants/implied-calls.ts';
import { tightestEntry } from '../../grants/tightest.ts';
import type { HostCall } from '../../host-call.ts';
import { type ReadManifest, readManifest } from '../../manifest/read.ts';
import type { LoadedPlugin } from '../../plugin.ts';

/** A call of a plugin, and what the policy must say to it. */
export interface PolicyCase {
  readonly name: string;
  /** Of the case in its file. */
  readonly line: number;
  readonly plugin: LoadedPlugin;
  readonly subject: GrantSubject;
  readonly inputs: JsonObject;
  readonly call: HostCall;
  readonly expect: 'allowed' | 'denied';
  /** The line of the policy that must decide. */
  readonly rule: number | undefined;
}

/** Reads a manifest that a case names; `path` is as it stands there. Throws where it can't be read. */
export type ReadNamedFile = (path: string) => string;

const casesDocument: DocumentKind<PolicyCasesFile> = {
  code: 'INVALID_INPUT',
  schema: casesSchema,
  check: ({ document, content }) =>
    content.flatMap((one, index) =>
      typeof one.requests === 'object'
        ? // The document is JSON, and the schema leaves only lists of objects here.
          checkPermissions(document, [index, 'requests'], one.requests as Permissions)
        : [],
    ),
};

/** Text of a file of cases -> the cases, or all that is wrong with them (INVALID_INPUT with line and column). */
export function readCases(
  text: string,
  source: { readonly file: string; readonly readFile: ReadNamedFile },
): { readonly cases: readonly PolicyCase[] } | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument(text, source.file, casesDocument);
  if ('errors' in read) return read;
  const { document, content } = read;
  const cases: PolicyCase[] = [];
  const errors: WaterflowError[] = [];
  for (const [index, one] of content.entries()) {
    const made = readCase(document, { index, one }, source.readFile);
    if ('case' in made) cases.push(made.case);
    else errors.push(...made.errors);
  }
  return errors.length > 0 ? { errors } : { cases };
}

type Made<Value> = Value | { readonly errors: readonly WaterflowError[] };

function readCase(
  document: YamlDocument,
  { index, one }: { readonly index: number; readonly one: Case },
  readFile: ReadNamedFile,
): Made<{ readonly case: PolicyCase }> {
  const wrong = (key: string, message: string, remedy: string): { readonly errors: readonly WaterflowError[] } => ({
    errors: [document.error({ path: [index, key], part: 'value' }, { message: `${key}: ${message}`, remedy })],
  });
  const parsed =
    typeof one.call === 'string'
      ? parseCallText(one.call)
      : checkCall({ ...one.call, args: (one.call.args ?? {}) as JsonObject }); // The document is JSON.
  if ('problem' in parsed) return wrong('call', parsed.problem, parsed.remedy);
  const { call } = parsed;
  const manifest = manifestOf(one, call, readFile);
  if ('problem' in manifest) return wrong('requests', manifest.problem, manifest.remedy);
  return {
    case: {
      name: one.name,
      line: document.lineOf([index]),
      plugin: pluginOf(one, manifest),
      subject: {
        tenant: one.tenant ?? 'default',
        queue: one.queue ?? 'local',
        workflow: one.workflow ?? 'test',
        job: one.job ?? 'test',
        step: one.step ?? 'test',
        ...(one.time === undefined ? {} : { at: Date.parse(one.time) }),
      },
      inputs: { ...defaultsOf(manifest), ...(one.inputs as JsonObject | undefined) }, // As above.
      call,
      expect: one.expect,
      rule: one.rule,
    },
  };
}

function manifestOf(
  { requests }: Case,
  call: HostCall,
  readFile: ReadNamedFile,
): ReadManifest | { readonly problem: string; readonly remedy: string } {
  if (typeof requests === 'string') return readNamedManifest(requests, readFile);
  // The document is JSON, and checked by each capability.
  const needed = requests === undefined ? needsOf(call) : { permissions: requests as Permissions };
  if ('problem' in needed) {
    const remedy = 'Say what the plugin requests: `requests:` with entries or the path of a manifest.';
    return { problem: needed.problem, remedy };
  }
  return {
    manifest: {
      name: 'plugin',
      version: '1.0.0',
      description: 'A case.',
      runtime: 'isolate',
      main: 'index.ts',
      permissions: Object.fromEntries(
        Object.entries(needed.permissions).map(([name, entries]) => [
          name,
          entries.map((entry: JsonObject) => ({ reason: 'a case', ...entry })),
        ]),
      ),
    },
    entry_lines: new Map(),
  };
}

function readNamedManifest(
  path: string,
  readFile: ReadNamedFile,
): ReadManifest | { readonly problem: string; readonly remedy: string } {
  let text: string;
  try {
    text = readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { problem: `\`${path}\` can't be read: ${why}`, remedy: 'Name a plugin.yaml, relative to this file.' };
  }
  const read = readManifest(text, path);
  if ('manifest' in read) return read;
  const [first] = read.errors;
  const place = first?.line === undefined ? path : `${path}:${first.line}`;
  return { problem: `${place}: ${first?.message ?? 'it is wrong'}`, remedy: first?.remedy ?? 'Correct the manifest.' };
}

/** Just what the call needs, as a plugin would request it that does nothing else. */
function needsOf(call: HostCall): { readonly permissions: Permissions } | { readonly problem: string } {
  const permissions: Record<string, JsonObject[]> = {};
  for (const needed of [call, ...impliedCalls(call)]) {
    const tightest = tightestEntry(needed);
    if ('problem' in tightest) return tightest;
    (permissions[needed.capability] ??= []).push(tightest.entry);
  }
  return { permissions };
}

function pluginOf(one: Case, { manifest, entry_lines }: ReadManifest): LoadedPlugin {
  const {
    name = manifest.name,
    version = manifest.version,
    digest = noDigest,
    origin = 'installed',
  } = one.plugin ?? {};
  return {
    // Of that form by the schema.
    identity: { name, version, digest: digest as Digest },
    manifest,
    // Nothing of it is loaded.
    folder: '/' as LoadedPlugin['folder'],
    origin,
    code: { runtime: 'isolate', main: 'index.ts', modules: {} },
    entry_lines,
  };
}

const noDigest = `sha256:${'0'.repeat(64)}`;

function defaultsOf({ manifest }: ReadManifest): JsonObject {
  const defaults: [string, Json][] = [];
  for (const [name, schema] of Object.entries(manifest.inputs ?? {})) {
    // A manifest is JSON.
    if (Object.hasOwn(schema, 'default')) defaults.push([name, schema['default'] as Json]);
  }
  return Object.fromEntries(defaults);
}
