/** The synchronous client in Python, out of the asynchronous one: one implementation of two. */

/** What is called differently where nothing is awaited. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\basync (?=def |with |for )/gu, ''],
  [/\bawait /gu, ''],
  [/\bAsyncGenerator\[(\w+), None\]/gu, 'Generator[$1, None, None]'],
  // Names of the package, and httpx's own: its synchronous ones have no word before them but for bodies.
  [/\bAsyncByteStream\b/gu, 'SyncByteStream'],
  [/\bhandle_async_request\b/gu, 'handle_request'],
  [/\b(_?)Async(?=[A-Z])/gu, '$1'],
  [/\b__a(enter|exit|iter|next)__\b/gu, '__$1__'],
  [/\ba(close|iter_bytes|read)\b/gu, '$1'],
  [/\banyio\.sleep\b/gu, 'time.sleep'],
  [/^import anyio$/gmu, ''],
  [/\basynccontextmanager\b/gu, 'contextmanager'],
  [/\bAn asynchronous\b/gu, 'A synchronous'],
  [/\basynchronous\b/gu, 'synchronous'],
];

/** The source of a module without `async` and `await`. */
export function syncOf(source: string, module: string): string {
  const banner = `# Made from _async/${module} by \`npm run generate\`. Change that, not this file.\n`;
  const text = words.reduce((rest, [word, other]) => rest.replace(word, other), source);
  return `${banner}${text}`;
}
