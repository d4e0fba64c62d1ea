import { type Pair, Scalar } from 'yaml';
import { quote } from '../quote.ts';
import { fieldsOf, type PlacedMap, scalarText } from './mapping.ts';
import type { ImportRecord, Remark } from './record.ts';

/** The keys that say what a step does; the others say when, and under which name. */
const workKeys: ReadonlySet<string> = new Set(['uses', 'with', 'run', 'shell', 'working-directory']);

/** What stands for a step that can't be imported. */
export interface StandIn {
  /** What is not imported, for the message of the step. */
  readonly what: string;
  readonly remark: Remark;
  /** The text of the imported file. */
  readonly text: string;
}

/**
 * Puts a step that fails in the place of one that can't be imported, so that what it did is missed at the right place. Its id, name and
 * condition stay, and how it was written stands in a comment above.
 */
export function standIn(step: PlacedMap, { what, remark, text }: StandIn, record: ImportRecord): void {
  for (const field of fieldsOf(step)) {
    if (!workKeys.has(field.key)) continue;
    const isMain = field.key === 'uses' || field.key === 'shell';
    record.add(
      field.place,
      isMain
        ? remark
        : {
            outcome: 'todo',
            message: `${quote(field.key)} of a step that is not imported`,
            remedy: 'See the step: a comment keeps it.',
          },
    );
  }
  const written = sourceOf(step, text);
  if (written !== undefined) {
    step.map.commentBefore = [step.map.commentBefore, ' not imported:', ...written.map((line) => `   ${line}`)]
      .filter((line) => typeof line === 'string')
      .join('\n');
  }
  step.map.flow = false;
  step.map.items = step.map.items.filter((pair: Pair) => !workKeys.has(scalarText(pair.key) ?? ''));
  step.map.set('run', failing(what));
}

/** A script that fails and says why. */
export function failing(what: string): Scalar {
  // What stands in the script must not be read by the shell.
  const shown = what.replace(/[^\w@./: -]/g, '').slice(0, 120);
  const script = new Scalar(`echo 'not imported: ${shown}' >&2\nexit 1\n`);
  script.type = 'BLOCK_LITERAL';
  return script;
}

/** A step's lines as they are written, without their common indentation. */
function sourceOf({ map }: PlacedMap, text: string): readonly string[] | undefined {
  const { range } = map;
  if (!range) return undefined;
  const [start, end] = range;
  const indentation = start - (text.lastIndexOf('\n', start - 1) + 1);
  const [first = '', ...rest] = text.slice(start, end).trimEnd().split(/\r?\n/);
  return [`- ${first}`, ...rest.map((line) => `  ${line.slice(Math.min(indentation, line.search(/\S|$/)))}`.trimEnd())];
}
