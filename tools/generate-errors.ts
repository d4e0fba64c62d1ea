// Writes docs/errors.md from schemas/error-guide.ts; with --check it only says whether the page is current.
import { readFile, writeFile } from 'node:fs/promises';
import { type ErrorKind, errorGuide, errorKinds, type GuideEntry } from '../schemas/index.ts';

const page = new URL('../docs/errors.md', import.meta.url);

const kinds: Readonly<Record<ErrorKind, string>> = {
  input: 'What was given is wrong.',
  step: 'The step failed.',
  denied: 'A host call was denied.',
  limit: 'A limit was exceeded.',
  machinery: 'The machinery around the step broke.',
};

const introduction = `# Errors

<!-- Made from schemas/error-guide.ts by \`npm run generate\`. Change that, not this page. -->

Every error and warning has one of these codes, a message, and a remedy. \`waterflow validate\` reports those of a workflow file with
their places; \`--fix\` corrects those whose remedy is plain. Each workflow below is a file that gets the code.
`;

/** Longer lines are examples of something too long, and are shown in part. */
const longestLine = 120;

function section(code: string, kind: ErrorKind, { cause, remedy, example }: GuideEntry): string {
  const shown =
    'workflow' in example ? `\`\`\`yaml\n${shownFile(example.workflow)}\`\`\`` : `Example: ${example.situation}`;
  return `## ${code}\n\n${kinds[kind]} ${cause}\n\nRemedy: ${remedy}\n\n${shown}\n`;
}

/** A file as it can be shown: control characters by their number, long lines in part. */
function shownFile(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}… (${line.length} characters)` : line))
    .join('\n')
    .replaceAll(/(?![\t\n])\p{Cc}/gu, (character) => `<U+${character.charCodeAt(0).toString(16).padStart(4, '0')}>`);
}

const isCode = (code: string): code is keyof typeof errorGuide => Object.hasOwn(errorGuide, code);
const sections = Object.keys(errorGuide)
  .filter(isCode)
  .map((code) => section(code, errorKinds[code], errorGuide[code]));
const wanted = `${introduction}\n${sections.join('\n')}`;
const current = await readFile(page, 'utf8').catch(() => '');
if (current !== wanted) {
  if (process.argv.includes('--check')) {
    process.stderr.write('docs/errors.md is not current: run npm run generate\n');
    process.exitCode = 1;
  } else await writeFile(page, wanted);
}
