// `npm run keep-language`: part of a release. Writes the plans of the workflow files in e2e/language-v1 that have none yet, and never another: what a
// release made of a file, later ones have to make of it, too.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frozenFolder, frozenWorkflows, planOf } from '../e2e/frozen-language.ts';

for (const file of frozenWorkflows()) {
  const path = join(frozenFolder, `${file.slice(0, -'.yml'.length)}.plan.json`);
  if (existsSync(path)) continue;
  const { plan, diagnostics } = planOf(file);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    process.stderr.write(`${file}: ${errors.map(({ message }) => message).join('; ')}\n`);
    process.exitCode = 1;
    continue;
  }
  writeFileSync(path, `${JSON.stringify(plan)}\n`);
  process.stdout.write(`kept ${path}\n`);
}
