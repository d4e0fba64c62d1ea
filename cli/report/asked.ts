import { fieldInWords } from '../../runtime/grants/index.ts';
import type { AskedFor, Change, ChangeKind, FieldChange } from '../../runtime/install/index.ts';
import type { Json } from '../../schemas/index.ts';
import type { Style } from './style.ts';
import { plainLine } from './text.ts';

/** What a plugin asks for, a line for each thing and one for why; the author's words can't look like ours. */
export function askedLines(asked: readonly AskedFor[], style: Style): readonly string[] {
  const width = widthOf(asked);
  return asked.flatMap((each) => [
    `${each.about.padEnd(width)}  ${plainLine(each.what)}`,
    ...whyOf(each, width, style),
  ]);
}

const signs: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  widened: '~',
  changed: '~',
  narrowed: '~',
  removed: '-',
};

/** What an update changes: `+` for what is new, `~` for what takes the place of something, with each field that is different, `-` for what is gone. */
export function changeLines(changes: readonly Change[], style: Style): readonly string[] {
  const width = widthOf(changes);
  const indent = `  ${' '.repeat(width)}  `;
  return changes.flatMap((each) => [
    style.bold(`${signs[each.kind]} ${each.about.padEnd(width)}  ${plainLine(each.what)}`),
    ...(each.was === undefined ? [] : [`${indent}${style.dim(`before: ${plainLine(each.was)}`)}`]),
    ...(each.fields ?? []).map((field) => `${indent}${plainLine(fieldText(field))}`),
    ...(each.kind === 'removed' ? [] : whyOf(each, width + 2, style)),
  ]);
}

const fieldWords = { widened: 'wider', changed: 'other', narrowed: 'narrower' } as const;

function fieldText({ field, kind, was, now }: FieldChange): string {
  return `${fieldWords[kind]} in ${field}: was ${valueText(was)}, now ${valueText(now)}`;
}

function valueText(value: Json | undefined): string {
  return value === undefined ? 'not there' : fieldInWords(value);
}

function widthOf(asked: readonly AskedFor[]): number {
  return Math.max(0, ...asked.map(({ about }) => about.length));
}

function whyOf({ reason }: AskedFor, width: number, style: Style): readonly string[] {
  return reason === undefined ? [] : [`${' '.repeat(width)}  ${style.dim(`why: ${plainLine(reason)}`)}`];
}
