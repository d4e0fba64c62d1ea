import type { Sources } from './modules.ts';

/** A name list between braces, as `import { a, b } from './other.js'` has it. Renaming isn't needed and isn't known. */
const importLine = /^import \{([\w\s,]*)\} from '\.\/([\w-]+\.js)';/gm;
const exportWord = /^export (?=(?:async )?(?:function|const|class) (\w+))/gm;
/** What a file of types alone is left with. */
const exportsNothing = /^export \{\s*\};?$/gm;
const leftOver = /^\s*(?:import|export)\b.*$/m;

/**
 * Our own modules as one classic script, whose value is the exports of `main`: V8 keeps compiled code of a script for the next
 * isolate, isolated-vm doesn't let it for a module. Each module stays in a scope of its own, strict, on its own lines. Throws
 * where one of them uses more of the syntax than it must.
 */
export function scriptOf(sources: Sources, main: string): string {
  const parts: string[] = [];
  const done = new Set<string>();
  const add = (name: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const source = sources.get(name);
    if (source === undefined) throw new Error(`the prelude names ${name}, which isn't there`);
    for (const [, , imported = ''] of source.matchAll(importLine)) add(imported);
    parts.push(scopeOf(name, source));
  };
  add(main);
  return `(() => { 'use strict'; const modules = Object.create(null);\n${parts.join('\n')}\nreturn modules[${quote(main)}]; })()`;
}

function scopeOf(name: string, source: string): string {
  const exported = [...source.matchAll(exportWord)].map(([, each = '']) => each);
  const body = source
    .replaceAll(importLine, (_line, names: string, from: string) => `const {${names}} = modules[${quote(from)}];`)
    .replaceAll(exportWord, '')
    .replaceAll(exportsNothing, '');
  const unknown = leftOver.exec(body)?.[0];
  if (unknown !== undefined) throw new Error(`${name} can't be put into the prelude: ${unknown.trim()}`);
  return `modules[${quote(name)}] = (() => { ${body}\nreturn { ${exported.join(', ')} }; })();`;
}

function quote(name: string): string {
  return JSON.stringify(name);
}
