import { quote } from '../quote.ts';
import type { MappingEntry, ScalarNode, TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import { checkIdentifier } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';
import type { TypedField } from './templates.ts';

const neverWrite =
  'Never write the secret itself into the file: name it here, and give its value when the run is started.';

/** A secret's name, written as it is. A value in its place is reported without being repeated. */
export function readSecretName(reading: Reading, node: TreeNode, field: TypedField): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    reportWrongType(reading, node, { subject: field.subject, expected: "a secret's name" });
    return undefined;
  }
  if (holdsExpression(node)) {
    const name = referredSecret(node);
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: `${field.subject} is the name of a secret, and this is an expression`,
      remedy: name === undefined ? `Write the name alone. ${neverWrite}` : `Write ${quote(name)}.`,
      ...(name === undefined ? {} : { meant: name }),
    });
    return undefined;
  }
  if (isName(node.text) && !looksLikeValue(node.text)) return node.text;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${field.subject} is the name of a secret, and this looks like a value`,
    remedy: neverWrite,
  });
  return undefined;
}

/** Checks a name under which a workflow takes a secret. */
export function checkSecretName(reading: Reading, { key, keySpan }: MappingEntry): boolean {
  return checkIdentifier(reading, keySpan, { what: 'the name of a secret', text: key });
}

/** The name in `${{ secrets.NAME }}`, where the value is exactly that. */
export function referredSecret({ text }: ScalarNode): string | undefined {
  const match = /^\$\{\{\s*secrets\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*'([A-Za-z_][\w-]*)'\s*\])\s*\}\}$/i.exec(
    text.trim(),
  );
  return match?.[1] ?? match?.[2];
}

function isName(text: string): boolean {
  return /^[A-Za-z_][\w-]{0,99}$/.test(text);
}

/** Tokens of well-known services begin so. */
const tokenPrefix = /^(gh[a-z]_|github_pat_|glpat-|xox[a-z]-|sk[-_]|pk_|whsec_|AKIA[A-Z0-9]{12})/;

/** A long run of letters and digits that no word of a name is. */
function looksLikeValue(text: string): boolean {
  const leastRandom = 20;
  const runs = text.split(/[_-]/).filter((run) => run.length >= leastRandom);
  return tokenPrefix.test(text) || runs.some((run) => /\d/.test(run) && /[A-Za-z]/.test(run));
}
