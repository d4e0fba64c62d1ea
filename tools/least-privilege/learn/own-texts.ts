import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tells whether a text is one that the plugin's source writes, or nothing but punctuation. */
export function ownTexts(folder: string): (text: string) => boolean {
  const source = globSync('**/*.ts', { cwd: folder })
    .filter((name) => !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  return (text) => /^[^\p{L}\p{N}]+$/u.test(text) || standsIn(source, text);
}

/** As a whole word, or what begins and ends with punctuation. */
function standsIn(source: string, text: string): boolean {
  for (let at = source.indexOf(text); at >= 0; at = source.indexOf(text, at + 1)) {
    const [before = '', after = ''] = [source[at - 1], source[at + text.length]];
    if (!isWithinWord(before, text[0] ?? '') && !isWithinWord(text.at(-1) ?? '', after)) return true;
  }
  return false;
}

function isWithinWord(before: string, after: string): boolean {
  return /\w/.test(before) && /\w/.test(after);
}
