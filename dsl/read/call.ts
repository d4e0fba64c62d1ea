import { assertNever, type PlannedCall, type Template } from '../../schemas/index.ts';
import type { Callable, OpenedCall } from '../calls.ts';
import { mostCalled, mostJobs, mostLevels } from '../calls.ts';
import { expressionScope } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { Finding } from '../source/report.ts';
import { nearest, suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { anyScalar, describe, holdsExpression } from '../tree/query.ts';
import { callPath } from './call-path.ts';
import { distinctKeys } from './distinct-keys.ts';
import { expectedTypes, readInputValue } from './inputs.ts';
import { readLiteralText } from './literals.ts';
import { asMapping, type Reading } from './reading.ts';
import { checkSecretName, referredSecret } from './secret-name.ts';
import { objectTemplate, type Place, readTemplate, reportExpressionInKey } from './templates.ts';

/** The keys of a job that calls another workflow. */
export interface CallEntries {
  readonly uses: MappingEntry;
  readonly with: MappingEntry | undefined;
  readonly secrets: MappingEntry | undefined;
}

/** What a job calls, where that is known; what is wrong with it is reported elsewhere. */
export function peekCall(reading: Reading, uses: TreeNode | undefined): Callable | undefined {
  if (uses?.kind !== 'scalar' || typeof uses.value !== 'string' || holdsExpression(uses)) return undefined;
  const target = callPath(uses.value, reading.folder);
  if ('problem' in target) return undefined;
  const opened = reading.calls.open(target.path);
  return opened.kind === 'file' ? opened.called.callable : undefined;
}

/** `uses`, `with` and `secrets` of a job -> call. Undefined where what it calls can't be known; that is reported. */
export function readCall(reading: Reading, entries: CallEntries, place: Place): PlannedCall | undefined {
  const { uses } = entries;
  const text = readLiteralText(reading, uses.value, { subject: '`uses`' });
  const target = text === undefined ? undefined : callPath(text, reading.folder);
  if (target !== undefined && 'problem' in target) {
    reading.report.error(uses.value.span, { code: 'INVALID_VALUE', ...target.problem });
  }
  const path = target !== undefined && 'path' in target ? target.path : undefined;
  const callable = path === undefined ? undefined : openCall(reading, { path, text: text ?? '', uses });
  const given = readWith(reading, entries, { place, callable });
  const secrets = readSecrets(reading, entries, callable);
  if (path === undefined) return undefined;
  return { workflow: path, with: given, secrets, at: reading.report.position(uses.value.span.start) };
}

interface CallSite {
  readonly path: string;
  /** The path as it is written. */
  readonly text: string;
  readonly uses: MappingEntry;
}

function openCall(reading: Reading, site: CallSite): Callable | undefined {
  const opened = reading.calls.call(site.path);
  const finding = callProblem(reading, opened, site);
  if (finding !== undefined) reading.report.error(site.uses.value.span, finding);
  return opened.kind === 'file' ? opened.called.callable : undefined;
}

function callProblem(reading: Reading, opened: OpenedCall, { path, text }: CallSite): Finding | undefined {
  switch (opened.kind) {
    case 'missing':
      return notFound(reading, { path, text, why: opened.why });
    case 'cycle': {
      const isSelf = opened.paths.length === 2;
      return {
        code: 'WORKFLOW_CYCLE',
        message: isSelf
          ? `${quote(path)} calls itself`
          : `these workflows call each other: ${opened.paths.map(quote).join(' calls ')}`,
        remedy: isSelf ? 'Call another workflow, or repeat steps with `for-each@v1`.' : 'Remove one of these calls.',
      };
    }
    case 'too deep':
      return {
        code: 'INVALID_VALUE',
        message: `with ${quote(text)} workflows call each other over more than ${mostLevels} levels`,
        remedy: 'Call it from a workflow further up, or put its jobs into the one that calls it.',
      };
    case 'too many':
      return {
        code: 'INVALID_VALUE',
        message: `with ${quote(text)} more than ${mostCalled} workflows are called in all`,
        remedy: 'Put jobs that belong together into one workflow.',
      };
    case 'too many jobs':
      return {
        code: 'INVALID_VALUE',
        message: `with this call of ${quote(text)} the workflow has more than ${mostJobs} jobs in all`,
        remedy: 'Call it less often, or do in steps what its jobs do.',
      };
    case 'file':
      return unfit(opened.called, text);
    default:
      return assertNever(opened);
  }
}

/** What keeps a file that was read from being called. */
function unfit(
  { file, callable, diagnostics, plan }: Extract<OpenedCall, { kind: 'file' }>['called'],
  text: string,
): Finding | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (errors > 0 || plan === undefined) {
    return {
      code: 'INVALID_VALUE',
      message: `${quote(text)} can't be called: it has ${errors === 1 ? 'an error' : `${errors} errors`}`,
      remedy: `Correct ${quote(file)}; what is wrong in it is reported at its lines.`,
    };
  }
  if (callable !== undefined) return undefined;
  return {
    code: 'INVALID_VALUE',
    message: `${quote(text)} can't be called: its \`on\` has no \`workflow_call\``,
    remedy: `Add \`workflow_call:\` to \`on\` in ${quote(file)}.`,
  };
}

/** GitHub counts paths from the repository's root, so that those of a file beside begin with the folder of both. */
const workflowFolder = /^\.\/\.github\/workflows\//;

function notFound(
  reading: Reading,
  { path, text, why }: { readonly path: string; readonly text: string; readonly why: string },
): Finding {
  const message = `there is no workflow ${quote(text)}: ${why}`;
  const beside = workflowFolder.test(text) ? text.replace(workflowFolder, './') : undefined;
  const target = beside === undefined ? undefined : callPath(beside, reading.folder);
  if (beside !== undefined && target !== undefined && 'path' in target && target.path !== path) {
    const isThere = reading.calls.has(target.path);
    if (isThere) {
      const remedy = `Write ${quote(beside)}: paths count from the file that says them.`;
      return { code: 'WORKFLOW_NOT_FOUND', message, remedy, meant: beside };
    }
  }
  return {
    code: 'WORKFLOW_NOT_FOUND',
    message,
    remedy:
      'Check the path: it counts from the folder of this file, and stays in the folder of the workflow that is run.',
  };
}

interface WithSurroundings {
  readonly place: Place;
  readonly callable: Callable | undefined;
}

function readWith(reading: Reading, { uses, with: given }: CallEntries, around: WithSurroundings): Template {
  const { place, callable } = around;
  const mapping =
    given === undefined
      ? undefined
      : asMapping(reading, given.value, { subject: '`with`', remedy: 'Write `name: value` below it, or remove it.' });
  const entries = mapping?.entries ?? [];
  if (callable !== undefined) {
    const { misspelt } = checkNames(reading, entries, { what: 'input', names: Object.keys(callable.inputs) });
    for (const { key, value } of entries) {
      const input = Object.hasOwn(callable.inputs, key) ? callable.inputs[key] : undefined;
      if (input !== undefined) checkValue(reading, { name: key, input, node: value });
    }
    const isReadable = given === undefined || mapping !== undefined;
    for (const [name, input] of Object.entries(isReadable ? callable.inputs : {})) {
      if (!input.required || input.default !== undefined) continue;
      if (misspelt.has(name) || entries.some(({ key }) => key === name)) continue;
      reading.report.error(uses.value.span, {
        code: 'MISSING_INPUT',
        message: `the called workflow needs the input ${quote(name)}`,
        remedy: `Add ${quote(`${name}:`)} under \`with\`${about(input.description)}.`,
        ...(given === undefined ? {} : { within: given.value.span }),
      });
    }
  }
  return objectTemplate(
    entries.map((entry) => {
      reportExpressionInKey(reading, entry);
      return [entry.key, readTemplate(reading, entry.value, place)] as const;
    }),
  );
}

function about(description: string | undefined): string {
  return description === undefined ? '' : `: ${description.replace(/\.$/, '')}`;
}

/** A value that is written out must be of the input's type; of one with expressions only its kind is known. */
function checkValue(reading: Reading, found: Parameters<typeof readInputValue>[1]): void {
  const { input, node, name } = found;
  if (!anyScalar(node, holdsExpression)) {
    readInputValue(reading, found);
    return;
  }
  if (input.type === 'json' || node.kind === 'scalar') return;
  const expected = expectedTypes[input.type];
  reading.report.error(node.span, {
    code: 'WRONG_TYPE',
    message: `the input ${quote(name)} must be ${expected}, and this is ${describe(node)}`,
    remedy: `Give ${expected}; for more, declare the input with \`type: json\`.`,
  });
}

interface Names {
  readonly what: 'input' | 'secret';
  readonly names: readonly string[];
}

/** Reports names that the called workflow doesn't take. */
function checkNames(
  reading: Reading,
  entries: readonly MappingEntry[],
  { what, names }: Names,
): { readonly misspelt: ReadonlySet<string> } {
  const misspelt = new Set<string>();
  for (const { key, keySpan } of entries) {
    if (names.includes(key) || key.includes('${{')) continue;
    misspelt.add(nearest(key, names) ?? '');
    const free = names.filter((name) => !entries.some((entry) => entry.key === name));
    reading.report.error(keySpan, {
      code: 'UNKNOWN_INPUT',
      message: `the called workflow has no ${what} ${quote(key)}`,
      ...(names.length === 0
        ? { remedy: `Remove it, or declare it under \`${what}s\` of \`workflow_call\`.` }
        : { ...suggestion(key, free), remedy: suggestion(key, names).remedy }),
    });
  }
  return { misspelt };
}

const noSecrets: PlannedCall['secrets'] = {};

function readSecrets(
  reading: Reading,
  { uses, secrets: entry }: CallEntries,
  callable: Callable | undefined,
): PlannedCall['secrets'] {
  if (entry !== undefined && entry.value.kind === 'scalar' && entry.value.value !== null) {
    if (entry.value.value === 'inherit') return 'inherit';
    reading.report.error(entry.value.span, {
      code: 'INVALID_VALUE',
      message: `\`secrets\` can't be ${describe(entry.value)}`,
      remedy: 'Write `secrets: inherit`, or `NAME: ${{ secrets.NAME }}` below it for each.',
      ...(/^inh/i.test(entry.value.text) ? { meant: 'inherit' } : {}),
    });
    return noSecrets;
  }
  const mapping =
    entry === undefined
      ? undefined
      : asMapping(reading, entry.value, {
          subject: '`secrets`',
          remedy: 'Write `inherit`, or `NAME: ${{ secrets.NAME }}` below it for each.',
        });
  const entries = mapping?.entries ?? [];
  const isReadable = entry === undefined || mapping !== undefined;
  if (callable !== undefined && isReadable) {
    const names = Object.keys(callable.secrets);
    const { misspelt } = checkNames(reading, entries, { what: 'secret', names });
    for (const name of names) {
      if (callable.secrets[name]?.required !== true || misspelt.has(name)) continue;
      if (entries.some(({ key }) => key === name)) continue;
      reading.report.error(uses.value.span, {
        code: 'SECRET_MISSING',
        message: `the called workflow needs the secret ${quote(name)}`,
        remedy: `Add ${quote(`${name}: \${{ secrets.${name} }}`)} under \`secrets\`, or write \`secrets: inherit\`.`,
        ...(entry === undefined ? {} : { within: entry.value.span }),
      });
    }
  }
  const admit = distinctKeys(reading, 'secrets');
  return Object.fromEntries(
    entries.flatMap((secret): [string, string][] => {
      if (!checkSecretName(reading, secret) || !admit(secret)) return [];
      const name = readReference(reading, secret);
      return name === undefined ? [] : [[secret.key, name]];
    }),
  );
}

const secretsScope = expressionScope('reusable-secrets', { secrets: { kind: 'any' } });

/** The one secret that an entry hands on. A value in its place is reported without being repeated. */
function readReference(reading: Reading, { key, value }: MappingEntry): string | undefined {
  const name = value.kind === 'scalar' ? referredSecret(value) : undefined;
  if (name !== undefined) return name;
  const isExpression = anyScalar(value, holdsExpression);
  if (value.kind === 'invalid') return undefined;
  // What is wrong inside of an expression is said where it is.
  if (isExpression) readTemplate(reading, value, { scope: secretsScope });
  const literal = value.kind === 'scalar' && typeof value.value === 'string' ? value.text : '';
  const isName = /^[A-Z_][A-Z0-9_]{0,99}$/.test(literal);
  const reference = `\${{ secrets.${isName ? literal : key} }}`;
  reading.report.error(value.span, {
    code: 'INVALID_VALUE',
    message: isExpression
      ? `the secret ${quote(key)} must be one secret of this workflow, and nothing else`
      : `the secret ${quote(key)} is no reference to a secret of this workflow`,
    remedy: isExpression
      ? `Write one reference, such as ${quote(reference)}; a secret can't be joined or computed.`
      : `Write ${quote(reference)}, and never the secret itself.`,
    ...(isName ? { fix: { description: `write ${reference}`, edits: [{ span: value.span, text: reference }] } } : {}),
  });
  return undefined;
}
