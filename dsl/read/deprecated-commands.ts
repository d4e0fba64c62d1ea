import { quote } from '../quote.ts';
import type { SpanFix } from '../source/report.ts';
import type { ScalarNode, TreeNode } from '../tree/node.ts';
import { scalarOffsets } from '../tree/scalar-offsets.ts';
import type { Reading } from './reading.ts';

/** GitHub's commands of old, by which a script changed something through what it printed. */
const commandPattern = /::(set-output|save-state|set-env|add-path)(?=[\s:])/g;

/** `echo "::set-output name=tag::v1"`, alone in its line. */
const simplePattern = /^(\s*)echo\s+(["']?)::set-output\s+name=([A-Za-z_][A-Za-z0-9_-]*)::([^"'\\]*)\2\s*$/;

const remedies: Readonly<Record<string, string>> = {
  'set-output': 'Write `echo "name=value" >> "$WATERFLOW_OUTPUT"`.',
  'save-state': 'Write an output, `echo "name=value" >> "$WATERFLOW_OUTPUT"`, and give it to the later step by `env`.',
  'set-env':
    'Write an output, `echo "name=value" >> "$WATERFLOW_OUTPUT"`, and give it to later steps by `env: { NAME: ${{ steps.id.outputs.name }} }`.',
  'add-path': 'Call the program by its whole path, or set `PATH` in the scripts that need it.',
};

/** Warns of what a script prints for GitHub's runner of old; nothing here reads it. */
export function warnOfDeprecatedCommands(reading: Reading, script: TreeNode): void {
  if (script.kind !== 'scalar' || !script.text.includes('::')) return;
  const offsets = scalarOffsets(script, reading.source);
  for (const match of script.text.matchAll(commandPattern)) {
    const [written, command = ''] = match;
    if (isComment(script.text, match.index)) continue;
    const fix = command === 'set-output' ? fixOf(reading, script, { at: match.index, offsets }) : undefined;
    reading.report.warning(
      { start: offsets(match.index), end: offsets(match.index + written.length - 1) + 1 },
      {
        code: 'DEPRECATED',
        message: `${quote(written)} is a command for GitHub's runner of old, which nothing here reads`,
        remedy: remedies[command] ?? '',
        ...(fix === undefined ? {} : { fix }),
      },
    );
  }
}

function isComment(text: string, at: number): boolean {
  return text
    .slice(text.lastIndexOf('\n', at) + 1, at)
    .trimStart()
    .startsWith('#');
}

/** Only of a line that does nothing else and stands in the file as it is. */
function fixOf(
  reading: Reading,
  { text, style }: ScalarNode,
  { at, offsets }: { readonly at: number; readonly offsets: (offset: number) => number },
): SpanFix | undefined {
  const first = text.lastIndexOf('\n', at) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(first, end === -1 ? text.length : end);
  const [, indentation = '', quotes = '', name = '', value = ''] = simplePattern.exec(line) ?? [];
  const span = { start: offsets(first), end: offsets(first + line.length - 1) + 1 };
  if (name === '' || style.endsWith('quoted') || reading.source.slice(span.start, span.end) !== line) return undefined;
  const written = `${quotes === "'" ? "'" : '"'}${name}=${value}${quotes === "'" ? "'" : '"'}`;
  const fixed = `${indentation}echo ${written} >> "$WATERFLOW_OUTPUT"`;
  return { description: `write ${quote(fixed.trim())}`, edits: [{ span, text: fixed }] };
}
