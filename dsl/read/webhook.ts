import type { PlannedWebhook, Template } from '../../schemas/index.ts';
import { webhookScope } from '../check/scopes.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { nearest, suggestKey } from '../suggest.ts';
import type { TreeNode } from '../tree/node.ts';
import { anyScalar, holdsExpression } from '../tree/query.ts';
import { type KeyTable, readFields } from './fields.ts';
import { type PlannedInputs, readInputValue } from './inputs.ts';
import { asMapping, type Reading } from './reading.ts';
import { readSecretName } from './secret-name.ts';
import { objectTemplate, readCondition, readTemplate, reportExpressionInKey } from './templates.ts';

/** What `on.webhook` can have. */
export const webhookKeys: KeyTable<'secret' | 'filter' | 'inputs'> = {
  what: 'a webhook',
  keys: ['secret', 'filter', 'inputs'],
};

/** A webhook that names no secret has one all the same: whoever knows only its address can start nothing. */
const defaultSecret = 'WEBHOOK_SECRET';

/** `webhook`, its name and what stands below it, if anything. */
interface WebhookTrigger {
  readonly span: Span;
  readonly value: TreeNode | undefined;
}

/** `on.webhook` -> webhook. `declared` are the inputs that a run of the workflow has. */
export function readWebhook(
  reading: Reading,
  { span, value }: WebhookTrigger,
  declared: PlannedInputs,
): PlannedWebhook | undefined {
  const at = reading.report.position(span.start);
  const fields = value === undefined ? undefined : readFields(reading, value, webhookKeys);
  if (value !== undefined && fields === undefined) return undefined;
  const secret = fields?.get('secret')?.value;
  const filterNode = fields?.get('filter')?.value;
  const filter =
    filterNode === undefined
      ? undefined
      : readCondition(reading, filterNode, { scope: webhookScope, subject: '`filter`' });
  return {
    secret:
      (secret === undefined ? undefined : readSecretName(reading, secret, { subject: '`secret`' })) ?? defaultSecret,
    ...(filter === undefined ? {} : { filter }),
    inputs: readWebhookInputs(reading, { span, node: fields?.get('inputs')?.value }, declared),
    at,
  };
}

interface GivenInputs {
  readonly span: Span;
  readonly node: TreeNode | undefined;
}

function readWebhookInputs(reading: Reading, { span, node }: GivenInputs, declared: PlannedInputs): Template {
  const names = Object.keys(declared);
  const mapping =
    node === undefined
      ? undefined
      : asMapping(reading, node, {
          subject: '`inputs`',
          remedy: 'Write `name: ${{ webhook.body.name }}` below it, for an input of `manual`.',
        });
  const entries = mapping?.entries ?? [];
  const misspelt = new Set<string>();
  const templates = entries.map((entry) => {
    const { key, keySpan, value } = entry;
    const input = Object.hasOwn(declared, key) ? declared[key] : undefined;
    reportExpressionInKey(reading, entry);
    if (input === undefined && !key.includes('${{')) {
      misspelt.add(nearest(key, names) ?? '');
      reading.report.error(keySpan, {
        code: 'UNKNOWN_INPUT',
        message: `the workflow has no input ${quote(key)}`,
        ...(names.length === 0
          ? { remedy: 'Declare it under `inputs` of `manual`, or remove it.' }
          : suggestKey(key, { names, given: entries })),
      });
    }
    if (input !== undefined && !anyScalar(value, holdsExpression))
      readInputValue(reading, { name: key, input, node: value });
    return [key, readTemplate(reading, value, { scope: webhookScope })] as const;
  });
  const isReadable = node === undefined || mapping !== undefined;
  for (const [name, input] of Object.entries(isReadable ? declared : {})) {
    const isGiven = misspelt.has(name) || entries.some(({ key }) => key === name);
    if (!input.required || input.default !== undefined || isGiven) continue;
    reading.report.error(span, {
      code: 'MISSING_INPUT',
      message: `a run that the webhook starts lacks the input ${quote(name)}, which is required`,
      remedy: `Add ${quote(`${name}: \${{ webhook.body.${name} }}`)} under \`inputs\` of the webhook, or give it a default.`,
      ...(node === undefined ? {} : { within: node.span }),
    });
  }
  return objectTemplate(templates);
}
