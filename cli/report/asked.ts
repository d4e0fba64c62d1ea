import type { AskedFor, More } from '../../runtime/install/index.ts';
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

/** What an update asks for beyond what is approved: `+` for what is new, `~` for what is wider than before. */
export function moreLines(more: readonly More[], style: Style): readonly string[] {
  const width = widthOf(more);
  return more.flatMap((each) => {
    const sign = each.kind === 'new' ? '+' : '~';
    const was =
      each.was === undefined ? [] : [`  ${' '.repeat(width)}  ${style.dim(`before: ${plainLine(each.was)}`)}`];
    return [
      style.bold(`${sign} ${each.about.padEnd(width)}  ${plainLine(each.what)}`),
      ...was,
      ...whyOf(each, width + 2, style),
    ];
  });
}

function widthOf(asked: readonly AskedFor[]): number {
  return Math.max(0, ...asked.map(({ about }) => about.length));
}

function whyOf({ reason }: AskedFor, width: number, style: Style): readonly string[] {
  return reason === undefined ? [] : [`${' '.repeat(width)}  ${style.dim(`why: ${plainLine(reason)}`)}`];
}
