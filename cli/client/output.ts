import type { Json, JsonObject } from '../../schemas/index.ts';
import { isJsonList, isJsonObject } from '../../schemas/index.ts';
import { renderCells } from '../report/cells.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** A line for people at a terminal, and for nobody where the output is piped. */
export function hint({ stderr }: Pick<Terminal, 'stderr'>, text: string): void {
  if (stderr.interactive) stderr.write(`${plainLine(text)}\n`);
}

/** One JSON object on a line. */
export function printJson({ stdout }: Pick<Terminal, 'stdout'>, value: unknown): void {
  stdout.write(`${plainJson(value)}\n`);
}

/** A table of what a server says, whose words nobody here chose; with `empty` on stderr where there is nothing. */
export function printTable(
  { stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>,
  header: readonly string[],
  { rows, empty }: { readonly rows: readonly (readonly string[])[]; readonly empty: string },
): void {
  if (rows.length === 0) return stderr.write(`${empty}\n`);
  const cells = rows.map((row) => row.map((cell) => plainLine(cell)));
  stdout.write(`${renderCells(header, cells, createStyle(stdout)).join('\n')}\n`);
}

/** Facts about one thing, one a line. */
export function printFacts({ stdout }: Pick<Terminal, 'stdout'>, facts: readonly (readonly [string, string])[]): void {
  const widest = Math.max(...facts.map(([name]) => name.length));
  for (const [name, text] of facts) if (text !== '') stdout.write(`${name.padEnd(widest)}  ${plainLine(text)}\n`);
}

/** A member of an answer as one line for people; empty where there is none. */
export function textIn(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return plainLine(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The objects of a list in an answer. */
export function listIn(answer: JsonObject, key: string): readonly JsonObject[] {
  const list = answer[key];
  return isJsonList(list) ? list.filter(isJsonObject) : [];
}
