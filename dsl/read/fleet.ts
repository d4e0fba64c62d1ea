import type { PlannedFleet, Template } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import { suggestion } from '../suggest.ts';
import type { MappingEntry, ScalarNode, TreeNode } from '../tree/node.ts';
import { describe, holdsExpression, isWholeExpression } from '../tree/query.ts';
import { type Fields, type KeyTable, readFields, reportMissing } from './fields.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { type Place, readTemplate, type TypedField } from './templates.ts';

type FleetKey = 'queue' | 'hosts' | 'batch' | 'max-failures' | 'canary';

/** What `runs-on:` can have where it asks for several hosts. */
export const fleetKeys: KeyTable<FleetKey> = {
  what: '`runs-on`',
  keys: ['queue', 'hosts', 'batch', 'max-failures', 'canary'],
};

/** More is a slip of the finger. */
const mostHosts = 100_000;
const allHosts: Template = { kind: 'literal', value: 'all' };

/** A fleet as it is read; its queue is read like any other. */
export interface ReadFleet {
  /** Undefined where it is missing; that is reported. */
  readonly queue: TreeNode | undefined;
  readonly fleet: PlannedFleet;
}

/** `runs-on: { queue, hosts, … }`. Undefined where it is no mapping; that is reported. */
export function readFleet(reading: Reading, entry: MappingEntry, place: Place): ReadFleet | undefined {
  const fields = readFields(reading, entry.value, fleetKeys);
  if (fields === undefined) return undefined;
  const queue = fields.get('queue')?.value;
  if (queue === undefined) {
    reportMissing(reading, fields, {
      key: 'queue',
      at: entry.keySpan,
      message: '`runs-on` has no `queue`',
      remedy: 'Add `queue:` with the name of the queue whose hosts run the job.',
    });
  }
  const size = (key: keyof typeof sizes): Template | undefined => {
    const node = fields.get(key)?.value;
    return node === undefined ? undefined : readSize(reading, node, { ...place, ...sizes[key], subject: quote(key) });
  };
  const hosts = size('hosts');
  const batch = size('batch');
  const maxFailures = size('max-failures');
  const canary = size('canary');
  checkCanary(reading, fields, { hosts, canary });
  const fleet: PlannedFleet = {
    hosts: hosts ?? allHosts,
    ...(batch === undefined ? {} : { batch }),
    ...(maxFailures === undefined ? {} : { max_failures: maxFailures }),
    ...(canary === undefined ? {} : { canary }),
    at: reading.report.position(entry.keySpan.start),
  };
  return { queue, fleet };
}

/** What a size can be: a count from `least` on, and where they have an example, a share from `least` percent on, or a word. */
interface SizeForm {
  readonly least: number;
  readonly share?: string;
  readonly word?: string;
  /** As it can be written, for the remedy. */
  readonly examples: string;
}

const sizes = {
  hosts: { least: 1, share: '50%', word: 'all', examples: '`hosts: 2`, `hosts: 50%` or `hosts: all`' },
  batch: { least: 1, share: '25%', examples: '`batch: 2` or `batch: 25%`' },
  'max-failures': { least: 0, share: '10%', examples: '`max-failures: 1` or `max-failures: 10%`' },
  canary: { least: 0, examples: '`canary: 1`' },
} as const satisfies Readonly<Record<string, SizeForm>>;

function readSize(reading: Reading, node: TreeNode, field: SizeForm & TypedField & Place): Template {
  const instead: Template = { kind: 'literal', value: field.least };
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    reportWrongType(reading, node, {
      subject: field.subject,
      expected: forms(field),
      remedy: `Write it like ${field.examples}.`,
    });
    return instead;
  }
  // Text around an expression makes a share of a number: `${{ inputs.share }}%`.
  if (isWholeExpression(node) || (holdsExpression(node) && field.share !== undefined)) {
    return readTemplate(reading, node, field);
  }
  if (isSize(node, field)) return { kind: 'literal', value: node.value };
  const isCount = typeof node.value === 'string' && /^\s*[0-9]+\s*$/.test(node.text);
  if (isCount) reportWrongType(reading, node, { subject: field.subject, expected: `a number: ${forms(field)}` });
  else reportSize(reading, node, field);
  return instead;
}

function isSize({ value, text }: ScalarNode, { least, share, word }: SizeForm): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && value >= least && value <= mostHosts;
  if (value === word) return true;
  const percent = share === undefined ? undefined : /^(0|[1-9][0-9]{0,2})%$/.exec(text)?.[1];
  return percent !== undefined && Number(percent) >= least && Number(percent) <= 100;
}

function reportSize(reading: Reading, node: ScalarNode, field: SizeForm & TypedField): void {
  const spaced = field.share === undefined ? undefined : /^\s*([1-9][0-9]?|100)\s*%\s*$/.exec(node.text)?.[1];
  const word = field.word === undefined ? {} : suggestion(node.text, [field.word]);
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${field.subject} must be ${forms(field)}, and this is ${describe(node)}`,
    ...word,
    ...(spaced === undefined ? {} : { meant: `${spaced}%` }),
    remedy: `Write it like ${field.examples}.`,
  });
}

function forms({ least, share, word }: SizeForm): string {
  const shares = share === undefined ? [] : [`a share from ${least}% to 100%`];
  const words = word === undefined ? [] : [quote(word)];
  return [`a count from ${least} to ${mostHosts}`, ...shares, ...words].join(' or ');
}

function checkCanary(
  reading: Reading,
  fields: Fields<FleetKey>,
  { hosts, canary }: { readonly hosts: Template | undefined; readonly canary: Template | undefined },
): void {
  const entry = fields.get('canary');
  if (entry === undefined || hosts?.kind !== 'literal' || canary?.kind !== 'literal') return;
  if (typeof hosts.value !== 'number' || typeof canary.value !== 'number' || canary.value <= hosts.value) return;
  reading.report.error(entry.value.span, {
    code: 'INVALID_VALUE',
    message: `\`canary\` is ${canary.value}, and only ${hosts.value} hosts take part`,
    remedy: 'Make it smaller than `hosts`.',
  });
}
