import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPluginCatalogue } from '../runtime/manifest/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { compile } from '../dsl/index.ts';
import type { Check } from '../dsl/editing/index.ts';

const examples = new URL('../examples', import.meta.url).pathname as AbsolutePath; // The path of a file URL is absolute.
const realLife = join(examples, 'real-life') as AbsolutePath; // Below an absolute one.
const builtIn = new URL('../plugins', import.meta.url).pathname as AbsolutePath; // As the first.

/** A workflow that comes with Waterflow, with what finds its mistakes. */
export interface Example {
  readonly name: string;
  readonly text: string;
  /** One of those as people have them. */
  readonly isRealLife: boolean;
  readonly check: Check;
}

/** All of them, each read where it lies, with what it calls and the plugins beside it. */
export function readExamples(): readonly Example[] {
  const catalogue = createPluginCatalogue({ builtIn });
  return [examples, realLife].flatMap((folder) => {
    const nodes = catalogue.nodes(folder);
    const readWorkflow = (path: string): { readonly source: Buffer } => ({ source: readFileSync(join(folder, path)) });
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yml'))
      .map((name) => ({
        name,
        text: readFileSync(join(folder, name), 'utf8'),
        isRealLife: folder === realLife,
        check: remembering((text) => compile(text, { file: name, catalogue: nodes, readWorkflow }).diagnostics),
      }));
  });
}

/** Each text is looked at again as the one before the next edit. */
function remembering(check: Check): Check {
  let last: { readonly text: string; readonly found: ReturnType<Check> } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, found: check(text) };
    return last.found;
  };
}
