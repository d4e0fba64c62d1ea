import type { PlannedApproval, PlannedEnvironment, Template } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression, isWholeExpression } from '../tree/query.ts';
import { type KeyTable, readFields, reportMissing } from './fields.ts';
import { readDuration } from './literals.ts';
import { readNameTemplate } from './name-template.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { type Place, readTemplate, readTextTemplate } from './templates.ts';

/** What `environment:` can have. */
export const environmentKeys: KeyTable<'name' | 'url' | 'approval'> = {
  what: 'an environment',
  keys: ['name', 'url', 'approval'],
  elsewhere: ({ key }) =>
    approvalKeys.keys.some((known) => known === key)
      ? { message: `${quote(key)} belongs to \`approval\``, remedy: `Write \`approval: { ${key}: … }\`.` }
      : undefined,
};

/** What `approval:` of an environment can have. */
export const approvalKeys: KeyTable<'approvers' | 'timeout'> = {
  what: 'an approval',
  keys: ['approvers', 'timeout'],
};

/** As GitHub's. */
const longestName = 255;
const longestUrl = 2000;
const longestApprover = 255;
/** Nobody decides faster. */
const leastTimeoutMs = 1000;
const anybody: Template = { kind: 'literal', value: [] };

/** `environment:` of a job: its name, or a mapping. Undefined where it has no name; that is reported. */
export function readEnvironment(reading: Reading, entry: MappingEntry, place: Place): PlannedEnvironment | undefined {
  const { value, keySpan } = entry;
  const at = reading.report.position(keySpan.start);
  if (value.kind === 'scalar' && value.value !== null) {
    return { name: readName(reading, value, { ...place, subject: '`environment`' }), at };
  }
  const fields = readFields(reading, value, environmentKeys);
  if (fields === undefined) return undefined;
  const url = fields.get('url')?.value;
  const urlTemplate = url === undefined ? undefined : readUrl(reading, url, place);
  const approvalNode = fields.get('approval')?.value;
  const approval = approvalNode === undefined ? undefined : readApproval(reading, approvalNode, place);
  const name = fields.get('name')?.value;
  if (name === undefined) {
    reportMissing(reading, fields, {
      key: 'name',
      at: keySpan,
      message: 'the environment has no `name`',
      remedy: 'Add `name:`, such as `name: production`.',
    });
    return undefined;
  }
  return {
    name: readName(reading, name, { ...place, subject: '`name` of an environment' }),
    ...(urlTemplate === undefined ? {} : { url: urlTemplate }),
    ...(approval === undefined ? {} : { approval }),
    at,
  };
}

function readName(reading: Reading, node: TreeNode, field: Place & { readonly subject: string }): Template {
  return readNameTemplate(reading, node, { ...field, longest: longestName });
}

/** People follow it, so that it must lead to a web page, as far as it is written out. */
function readUrl(reading: Reading, node: TreeNode, place: Place): Template {
  const url = readNameTemplate(reading, node, { ...place, subject: '`url`', longest: longestUrl });
  if (node.kind !== 'scalar' || node.value === null || node.text.trim() === '' || maybeAddress(url)) return url;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `\`url\` must be the address of a web page, and this is ${quote(node.text)}`,
    remedy: 'Begin it with `https://`, or remove the key.',
  });
  return url;
}

/** Whether what is written out before the first expression, if there is one, is the beginning of such an address. */
function maybeAddress(url: Template): boolean {
  if (url.kind === 'literal') return typeof url.value === 'string' && /^https?:\/\/[^\s/]\S*$/.test(url.value);
  const start = url.kind === 'text' ? url.parts[0] : undefined;
  if (typeof start !== 'string') return true;
  return /^https?:\/\/\S*$/.test(start) || ['http://', 'https://'].some((scheme) => scheme.startsWith(start));
}

function readApproval(reading: Reading, node: TreeNode, place: Place): PlannedApproval | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') {
    return node.value ? { approvers: anybody } : undefined;
  }
  if (node.kind === 'scalar') {
    if (node.value === null || holdsExpression(node)) {
      reading.report.error(node.span, {
        code: node.value === null ? 'EMPTY' : 'INVALID_VALUE',
        message:
          node.value === null
            ? '`approval` is empty'
            : '`approval` can hold no expression: whether somebody is asked must be known when the file is read',
        remedy: 'Write `approval: true`, or `approvers:` with names below it; an `if` decides whether the job runs.',
      });
    } else {
      reportWrongType(reading, node, { subject: '`approval`', expected: 'true or false, or a mapping' });
    }
    return undefined;
  }
  const fields = readFields(reading, node, approvalKeys);
  if (fields === undefined) return undefined;
  const approvers = fields.get('approvers')?.value;
  const timeout = fields.get('timeout')?.value;
  const timeoutMs =
    timeout === undefined
      ? undefined
      : readDuration(reading, timeout, { subject: '`timeout`', minimum_ms: leastTimeoutMs });
  return {
    approvers: approvers === undefined ? anybody : readApprovers(reading, approvers, place),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  };
}

/** A list of names, one name, or one expression that gives a list. */
export function readApprovers(reading: Reading, node: TreeNode, place: Place): Template {
  if (isWholeExpression(node)) return readTemplate(reading, node, place);
  if (node.kind === 'mapping' || (node.kind === 'scalar' && node.value === null)) {
    reportWrongType(reading, node, {
      subject: '`approvers`',
      expected: 'a list of names',
      remedy: 'Write `approvers: [alice, bob]`, or remove the key to let anybody decide who may operate the run.',
    });
    return anybody;
  }
  if (node.kind === 'invalid') return anybody;
  const items = node.kind === 'sequence' ? node.items : [node];
  if (items.length === 0) {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: '`approvers` is empty, so nobody could approve',
      remedy: 'Add names, or remove the key to let anybody decide who may operate the run.',
    });
  }
  const names = items.map((item) => readApprover(reading, item, place));
  reportTwice(reading, items);
  const literals = names.flatMap((name) => (name.kind === 'literal' ? [name.value] : []));
  return literals.length === names.length ? { kind: 'literal', value: literals } : { kind: 'array', items: names };
}

function readApprover(reading: Reading, node: TreeNode, place: Place): Template {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') {
    reportWrongType(reading, node, { subject: 'an approver', expected: 'a text' });
    return readTextTemplate(reading, node, { ...place, subject: 'an approver' });
  }
  return readNameTemplate(reading, node, { ...place, subject: 'an approver', longest: longestApprover });
}

function reportTwice(reading: Reading, items: readonly TreeNode[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'scalar' || holdsExpression(item)) continue;
    if (seen.has(item.text)) {
      reading.report.error(item.span, {
        code: 'DUPLICATE_ID',
        message: `${quote(item.text)} stands among the approvers twice`,
        remedy: 'Remove one of them.',
      });
    }
    seen.add(item.text);
  }
}
