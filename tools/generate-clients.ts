// Writes what the clients have from the routes of the API, and the synchronous client in Python; with --check it only says whether it is current.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describedApi } from '../cli/commands/openapi.ts';
import { modelsOf } from './clients/model.ts';
import { pythonOf } from './clients/python.ts';
import { syncOf } from './clients/sync.ts';
import { typescriptOf } from './clients/typescript.ts';

const root = new URL('..', import.meta.url);
const python = 'clients/python/src/waterflow_client';
const models = modelsOf(describedApi());
const wanted: Record<string, string> = {
  'clients/typescript/generated/models.ts': typescriptOf(models),
  [`${python}/models.py`]: pythonOf(models),
};
for (const module of (await readdir(new URL(`${python}/_async`, root))).filter((name) => name.endsWith('.py'))) {
  const source = await readFile(new URL(`${python}/_async/${module}`, root), 'utf8');
  wanted[`${python}/_sync/${module}`] = syncOf(source, module);
}
for (const [path, text] of Object.entries(wanted)) {
  const file = new URL(path, root);
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is not current: run npm run generate\n`);
    process.exitCode = 1;
  } else await writeFile(file, text);
}
