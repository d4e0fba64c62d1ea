import type { WaterflowError } from '../../schemas/index.ts';
import type { Style } from './style.ts';
import { plainLine } from './text.ts';

/** An error on its own: code, place, message, rule, remedy. */
export function renderError(error: WaterflowError, style: Style): readonly string[] {
  const place = error.file === undefined ? '' : ` ${plainLine(placeText(error.file, error.line, error.column))}`;
  // Some messages begin with the file, for those who show nothing but the message.
  const twice = `${error.file}: `;
  const message = error.message.startsWith(twice) ? error.message.slice(twice.length) : error.message;
  return [`${style.status('failure', 'error')}[${error.code}]${place}: ${plainLine(message)}`, ...renderRemedy(error)];
}

/** What follows an error's message: the rule that was broken and what to do. */
export function renderRemedy(error: WaterflowError): readonly string[] {
  return [
    ...(error.rule === undefined ? [] : [`  rule: ${plainLine(error.rule)}`]),
    `  remedy: ${plainLine(error.remedy)}`,
  ];
}

/** `file:line:column`, as editors and terminals make links of it. */
export function placeText(file: string, line: number | undefined, column: number | undefined): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}
