// A Waterflow plugin in AssemblyScript: reads a file through a host call and counts what is in it.
import { hostCall, input, log, output, quote, fail } from './waterflow';
import { textOf } from './json';

// The name that the host calls.
export function run(): i32 {
  const path = textOf(input(), 'path');
  if (path === null) return fail('inputs.path is missing');

  const answer = hostCall('fs', 'read', '{"path":' + quote(path) + '}');
  const content = textOf(answer, 'ok');
  if (content === null) {
    // The host refused or failed; its message says why.
    const message = textOf(answer, 'message');
    return fail(message === null ? 'the file could not be read' : message);
  }

  log('counted ' + path);
  let lines = 0;
  let words = 0;
  let inWord = false;
  for (let i = 0; i < content.length; i++) {
    const code = content.charCodeAt(i);
    const white = code == 0x20 || (code >= 0x09 && code <= 0x0d);
    if (code == 0x0a) lines++;
    if (!white && !inWord) words++;
    inWord = !white;
  }
  const bytes = String.UTF8.byteLength(content);
  return output(`{"lines":${lines},"words":${words},"bytes":${bytes}}`);
}
