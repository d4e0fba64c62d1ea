import type { ExpressionSource } from '../../schemas/index.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { Reading } from './reading.ts';

/**
 * Warns of an expression in a script whose value comes from outside: it would become part of the script's code. The script is
 * never rewritten; the operator's policy may make an error of it.
 */
export function warnOfInjection(reading: Reading, checked: CheckedExpression, expression: ExpressionSource): void {
  const path = checked.references.find(comesFromOutside);
  if (path === undefined) return;
  const start = reading.report.offset(expression.at);
  const name = variableName(path);
  reading.report.warning(
    { start, end: start + expression.source.length },
    {
      code: 'SCRIPT_INJECTION',
      message: `the value of ${quote(path.join('.'))} becomes part of the script, so whoever sets it can run commands`,
      remedy: `Add \`env: { ${name}: '\${{ ${singleLine(expression.source)} }}' }\` to the step, and write "$${name}" in the script.`,
    },
  );
}

function comesFromOutside([context, name, property]: readonly string[]): boolean {
  switch (context?.toLowerCase()) {
    case 'inputs':
      return true;
    case 'each':
      // The index is a number of ours.
      return name?.toLowerCase() !== 'index';
    case 'steps':
    case 'needs':
      // `outcome`, `conclusion` and `result` are our own words; a step as a whole has its outputs in it.
      return property === undefined || property.toLowerCase() === 'outputs';
    default:
      return false;
  }
}

function variableName(path: readonly string[]): string {
  const name = (path.at(-1) ?? '').toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
  if (!/^[A-Z]/.test(name)) return 'VALUE';
  return isTaken(name) ? `INPUT_${name}` : name;
}

/** Variables by which shells and the programs they run find their way: a script that loses one of them breaks. */
function isTaken(name: string): boolean {
  return /^(?:PATH|HOME|LANG|ENV|IFS|PWD|OLDPWD|SHELL|USER|LOGNAME|TERM|TMPDIR|TZ|UID|EUID|PPID|RANDOM|SECONDS|OPTARG|OPTIND)$|^(?:BASH|CDPATH|GIT|GITHUB|LC|LD|NODE|PERL|PS|PYTHON|RUBY|WATERFLOW)(?:_|[0-9A-Z]|$)/.test(
    name,
  );
}

function singleLine(source: string): string {
  // Inside single quotes of YAML, a quote is two.
  return source.replaceAll(/\s+/g, ' ').replaceAll("'", "''");
}
