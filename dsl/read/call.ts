import { assertNever, type PlannedCall } from '../../schemas/index.ts';
import type { Callable, OpenedCall } from '../calls.ts';
import { mostCalled, mostJobs, mostLevels } from '../calls.ts';
import { quote } from '../quote.ts';
import type { Finding } from '../source/report.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import { readWith } from './call-inputs.ts';
import type { CallEntries } from './call-names.ts';
import { callPath } from './call-path.ts';
import { readSecrets } from './call-secrets.ts';
import { readLiteralText } from './literals.ts';
import type { Reading } from './reading.ts';
import type { Place } from './templates.ts';

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
