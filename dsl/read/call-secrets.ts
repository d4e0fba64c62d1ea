import type { PlannedCall } from '../../schemas/index.ts';
import type { Callable } from '../calls.ts';
import { expressionScope } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { MappingEntry } from '../tree/node.ts';
import { anyScalar, describe, holdsExpression } from '../tree/query.ts';
import { type CallEntries, checkNames } from './call-names.ts';
import { distinctKeys } from './distinct-keys.ts';
import { asMapping, type Reading } from './reading.ts';
import { checkSecretName, referredSecret } from './secret-name.ts';
import { readTemplate } from './templates.ts';

const noSecrets: PlannedCall['secrets'] = {};

/** `secrets` of a call -> which it hands on, checked against what is taken where that is known. */
export function readSecrets(
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
