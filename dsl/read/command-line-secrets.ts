import type { ExpressionSource } from '../../schemas/index.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { Reading } from './reading.ts';

/** Inputs whose texts become the words of a command line, whatever the node. */
const commandLines: ReadonlySet<string> = new Set(['args', 'arguments', 'argv', 'cmd', 'command', 'script']);

/** An expression in an input of a step. */
export interface InputExpression {
  readonly input: string;
  readonly expression: ExpressionSource;
  readonly checked: CheckedExpression;
}

/**
 * Warns of a secret that is written into a script or the arguments of a command. The agent puts the value into a script's file,
 * where it is code, and stands on whatever command line the script makes of it; those can be read by every process of the machine.
 */
export function warnOfSecretOnCommandLine(reading: Reading, { input, expression, checked }: InputExpression): void {
  if (!commandLines.has(input.toLowerCase())) return;
  const path = checked.references.find(([context]) => context === 'secrets');
  if (path === undefined) return;
  const start = reading.report.offset(expression.at);
  const name = path[1] ?? 'TOKEN';
  reading.report.warning(
    { start, end: start + expression.source.length },
    {
      code: 'SECRET_ON_COMMAND_LINE',
      message:
        input === 'script'
          ? `the value of ${quote(path.join('.'))} becomes part of the script, and stands on the command lines that it makes of it`
          : `${quote(path.join('.'))} is written on a command line, which every process of the machine can read`,
      remedy: `Add \`env: { ${variableName(name)}: '\${{ secrets.${name} }}' }\` to the step, and ${input === 'script' ? `write "$${variableName(name)}" in the script` : 'let the command read that variable'}.`,
    },
  );
}

function variableName(secret: string): string {
  const name = secret.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  return /^[A-Z]/.test(name) ? name : `SECRET_${name}`;
}
