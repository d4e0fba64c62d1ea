// Writes docs/guest-libraries.md from the comments of the guest libraries; with --check it only says whether the page is current.

import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { guestLibraries } from './guest-libraries/languages.ts';
import { referenceOf } from './guest-libraries/reference.ts';

const root = new URL('..', import.meta.url);
const page = new URL('docs/guest-libraries.md', root);

const introduction = `# Guest libraries

<!-- Made from the comments of the sources by \`npm run generate\`. Change those, not this page. -->

What a plugin in [another language than TypeScript](plugin-authoring.md#in-other-languages) has of its host. Names of capabilities, operations and
arguments are those of [host-calls.md](host-calls.md); whatever has no function here is reached by its name.
`;

const sections = guestLibraries.map((library) =>
  referenceOf(library, (path) => readFileSync(new URL(path, root), 'utf8')),
);
const text = [introduction, ...sections].join('\n');
if (!process.argv.includes('--check')) await writeFile(page, text);
else if ((await readFile(page, 'utf8')) !== text) {
  process.stderr.write('docs/guest-libraries.md is out of date: run `npm run generate`.\n');
  process.exitCode = 1;
}
