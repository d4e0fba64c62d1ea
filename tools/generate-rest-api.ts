// Writes the reference in docs/rest-api.md from the routes of the API; with --check it only says whether the page is current.
import { readFile, writeFile } from 'node:fs/promises';
import { describedApi } from '../cli/commands/openapi.ts';
import { referenceOf } from './rest-api/reference.ts';

const page = new URL('../docs/rest-api.md', import.meta.url);
const marker = "<!-- From here on made from the API's routes by `npm run generate`. Change those, not this. -->";

const current = await readFile(page, 'utf8');
const [written = '', ...rest] = current.split(marker);
if (rest.length !== 1) throw new Error(`docs/rest-api.md needs one line that is: ${marker}`);
const wanted = `${written}${marker}\n\n${referenceOf(describedApi())}`;
if (current !== wanted) {
  if (process.argv.includes('--check')) {
    process.stderr.write('docs/rest-api.md is not current: run npm run generate\n');
    process.exitCode = 1;
  } else await writeFile(page, wanted);
}
