// Writes schemas/generated/*.ts from schemas/*.schema.json; with --check it only says whether they are current.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';

const folder = new URL('../schemas/', import.meta.url);
const check = process.argv.includes('--check');
let stale = 0;
for (const name of (await readdir(folder)).filter((file) => file.endsWith('.schema.json')).sort()) {
  const base = name.replace('.schema.json', '');
  const schema = JSON.parse(await readFile(new URL(name, folder), 'utf8'));
  const source = await compile(schema, base, {
    bannerComment: `// Made from schemas/${name} by \`npm run generate\`. Change the schema, not this file.`,
    additionalProperties: false,
    style: { singleQuote: true, printWidth: 120 },
  });
  const target = new URL(`generated/${base}.ts`, folder);
  const current = await readFile(target, 'utf8').catch(() => '');
  if (current === source) continue;
  if (check) {
    console.error(`schemas/generated/${base}.ts is not current: run npm run generate`);
    stale += 1;
  } else await writeFile(target, source);
}
process.exitCode = stale > 0 ? 1 : 0;
