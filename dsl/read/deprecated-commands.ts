import { quote } from '../quote.ts';
import type { SpanFix } from '../source/report.ts';
import type { ScalarNode, TreeNode } from '../tree/node.ts';
import { scalarOffsets } from '../tree/scalar-offsets.ts';
import type { Reading } from './reading.ts';

/** GitHub's commands of old, by which a script changed something through what it printed. */
const commandPattern = /::(set-output|save-state|set-env|add-path)(?=[\s:])/;

/** `echo "::set-output name=tag::v1"`, alone in its line. */
const simplePattern = /^(\s*)echo\s+(["']?)::set-output\s+name=([A-Za-z_][A-Za-z0-9_-]*)::([^"'\\]*)\2\s*$/;
/** Longer lines do more than that. */
const longestSimpleLine = 500;

const remedies: Readonly<Record<string, string>> = {
  'set-output': 'Write `echo "name=value" >> "$WATERFLOW_OUTPUT"`.',
  'save-state': 'Write an output, `echo "name=value" >> "$WATERFLOW_OUTPUT"`, and give it to the later step by `env`.',
  'set-env': 'Write `echo "NAME=value" >> "$WATERFLOW_ENV"`.',
  'add-path': 'Write `echo "/a/folder" >> "$WATERFLOW_PATH"`.',
};

/** Warns of what a script prints for GitHub's runner of old, once a line; nothing here reads it. */
export function warnOfDeprecatedCommands(reading: Reading, script: TreeNode): void {
  if (script.kind !== 'scalar' || !script.text.includes('::')) return;
  const offsets = scalarOffsets(script, reading.source);
  let start = 0;
  for (const text of script.text.split('\n')) {
    const line: ScriptLine = { text, start, style: script.style, offsets };
    start += text.length + 1;
    const match = commandPattern.exec(text);
    if (match === null || text.trimStart().startsWith('#')) continue;
    const [written, command = ''] = match;
    const first = line.start + match.index;
    const fix = command === 'set-output' ? fixOf(reading, line) : undefined;
    reading.report.warning(
      { start: offsets(first), end: offsets(first + written.length - 1) + 1 },
      {
        code: 'DEPRECATED',
        message: `${quote(written)} is a command for GitHub's runner of old, which nothing here reads`,
        remedy: remedies[command] ?? '',
        ...(fix === undefined ? {} : { fix }),
      },
    );
  }
}

/** A line of a script's text. */
interface ScriptLine {
  readonly text: string;
  /** Where it begins in the script. */
  readonly start: number;
  readonly style: ScalarNode['style'];
  /** From places in the script to places in the file. */
  readonly offsets: (offset: number) => number;
}

/** Only of a line that does nothing else and stands in the file as it is. */
function fixOf(reading: Reading, { text, start, style, offsets }: ScriptLine): SpanFix | undefined {
  if (text.length > longestSimpleLine || style.endsWith('quoted')) return undefined;
  const [, indentation = '', quotes = '', name = '', value = ''] = simplePattern.exec(text) ?? [];
  const span = { start: offsets(start), end: offsets(start + text.length - 1) + 1 };
  if (name === '' || reading.source.slice(span.start, span.end) !== text) return undefined;
  const mark = quotes === "'" ? "'" : '"';
  const fixed = `${indentation}echo ${mark}${name}=${value}${mark} >> "$WATERFLOW_OUTPUT"`;
  return { description: `write ${quote(fixed.trim())}`, edits: [{ span, text: fixed }] };
}
