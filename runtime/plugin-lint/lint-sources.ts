import { builtinModules } from 'node:module';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type Diagnostic, grantableNames } from '../../schemas/index.ts';
import { factsOf, type SourceFacts } from './facts.ts';
import { findingAt } from './finding.ts';
import { remedyForGlobal } from './instead-of.ts';
import { parseSource, type Said } from './parse.ts';
import { isOfType } from './plain-value.ts';
import { guestModule } from './plugin-function.ts';

/** A plugin's sources: JavaScript by their paths, types blanked out, so that places are those of the author's files. */
export interface PluginSources {
  readonly main: string;
  readonly modules: Readonly<Record<string, string>>;
  /** Whether a module of a package is a part of what runs: of the build, or of the one that has to be made. */
  readonly isBundled: (name: string) => boolean;
  /** What a path is called in findings. */
  readonly shown: (path: string) => string;
}

/** What all sources that the main one reaches do together. */
export interface ReachedFacts {
  readonly properties: ReadonlySet<string>;
  readonly isDynamic: boolean;
}

interface Reading {
  readonly facts: ReadonlyMap<string, SourceFacts>;
  readonly findings: readonly Diagnostic[];
}

/** What is wrong in the sources of a plugin. `globals` are the names that its sandbox has. */
export function lintSources(
  sources: PluginSources,
  { manifest, globals }: { readonly manifest: PluginManifest; readonly globals: ReadonlySet<string> },
): { readonly findings: readonly Diagnostic[]; readonly reached: ReachedFacts } {
  const { facts, findings } = readReached(sources);
  const made = new Set([...facts.values()].flatMap(({ globalWrites }) => globalWrites));
  const each = [...facts].flatMap(([path, found]) => {
    const file = sources.shown(path);
    return [
      ...missingGlobals(file, found.globals, globals),
      ...missingGlobals(file, found.globalReads, globals.union(made)),
      ...missingPermissions(file, found, manifest),
      ...undeclaredInputs(file, found, manifest),
      ...undeclaredOutputs(file, found, manifest),
      ...wrongOutputs(file, found, manifest),
      ...floatingCalls(file, found),
    ];
  });
  const all = [...facts.values()];
  return {
    findings: [...findings, ...(manifest.abi === 'extism' ? [] : missingDefault(sources, facts)), ...each],
    reached: {
      properties: new Set(all.flatMap(({ properties }) => [...properties])),
      // What can't be read, or isn't there, may do anything.
      isDynamic: findings.length > 0 || all.some(({ isDynamic }) => isDynamic),
    },
  };
}

/** What the sandbox calls is the default export of the main module. */
function missingDefault(
  { main, shown }: PluginSources,
  facts: ReadonlyMap<string, SourceFacts>,
): readonly Diagnostic[] {
  const found = facts.get(main);
  if (found === undefined || found.hasDefault) return [];
  const problem = {
    message: 'there is no `export default`: a step has nothing to run',
    remedy: 'Export the function of the plugin: `export default definePlugin(async (inputs, host) => { … });`.',
  };
  const said = { name: '', line: 1, column: 1 };
  return [findingAt({ file: shown(main), said }, { code: 'PLUGIN_INVALID', severity: 'error' }, problem)];
}

/** The main module and what it imports, and what these import. */
function readReached(sources: PluginSources): Reading {
  const facts = new Map<string, SourceFacts>();
  const findings: Diagnostic[] = [];
  const waiting = [sources.main];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = sources.modules[path];
    if (text === undefined || facts.has(path)) continue;
    const file = sources.shown(path);
    const parsed = parseSource(file, text);
    if ('problem' in parsed) {
      const { problem: message, place } = parsed;
      findings.push({
        code: 'PLUGIN_INVALID',
        severity: 'error',
        message,
        remedy: 'Correct the syntax there.',
        file,
        ...place,
      });
      continue;
    }
    const found = factsOf(parsed, { isMain: path === sources.main });
    facts.set(path, found);
    for (const said of found.imports) {
      const target = resolveImport(said.name, path, sources);
      if ('path' in target) waiting.push(target.path);
      else if ('message' in target) {
        findings.push(findingAt({ file, said }, { code: 'PLUGIN_IMPORT_MISSING', severity: 'error' }, target));
      }
    }
  }
  return { facts, findings };
}

type Target =
  | { readonly path: string }
  | { readonly message: string; readonly remedy: string }
  | { readonly kind: 'elsewhere' };

function resolveImport(name: string, importer: string, { modules, isBundled }: PluginSources): Target {
  const isPackage = !/^(?:\.\.?\/|node:)/u.test(name);
  if (name === guestModule || (isPackage && isBundled(name))) return { kind: 'elsewhere' };
  if (name.startsWith('node:') || nodeModules.has(name)) {
    return {
      message: `\`${name}\` is a module of Node, which no plugin has`,
      remedy:
        'Use `host`: host.fs for files, host.net for requests, host.exec for programs, host.random for randomness.',
    };
  }
  if (isPackage) {
    return {
      message: `\`${name}\` isn't bundled into the plugin, and a sandbox looks nowhere else`,
      remedy: 'Install it beside the plugin by npm, and bundle it: `waterflow plugin build`.',
    };
  }
  const path = joined(importer, name);
  const found = candidatesOf(path).find((candidate) => Object.hasOwn(modules, candidate));
  if (found !== undefined) return { path: found };
  const guess = didYouMean(path, Object.keys(modules));
  return {
    message: `there is no \`${path}\` in the plugin's folder`,
    remedy: guess === undefined ? 'Write the path with its extension: `./frame.ts`.' : `Did you mean \`${guess}\`?`,
  };
}

const nodeModules: ReadonlySet<string> = new Set(builtinModules);

function joined(importer: string, name: string): string {
  const parts = importer.split('/').slice(0, -1);
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** As the sandbox finds a module: TypeScript may call it by the name that it has after compilation. */
function candidatesOf(path: string): readonly string[] {
  return path.endsWith('.js') ? [path, `${path.slice(0, -'.js'.length)}.ts`] : [path];
}

/** What an isolate has of the language itself, and the engine inside of a module hasn't. */
export const missingInModules: readonly string[] = ['Intl'];

function missingGlobals(file: string, named: readonly Said[], globals: ReadonlySet<string>): readonly Diagnostic[] {
  return named
    .filter(({ name }) => !globals.has(name))
    .map((said) => {
      const { name } = said;
      const problem = { message: `\`${name}\` doesn't exist in a sandbox`, remedy: remedyForGlobal(name, globals) };
      return findingAt({ file, said }, { code: 'PLUGIN_GLOBAL_MISSING', severity: 'error' }, problem);
    });
}

function missingPermissions(
  file: string,
  { hostUses }: SourceFacts,
  { permissions = {} }: PluginManifest,
): readonly Diagnostic[] {
  const names: readonly string[] = grantableNames;
  return firstOfEach(hostUses)
    .filter(({ name }) => names.includes(name) && (permissions[name] ?? []).length === 0)
    .map((said) =>
      findingAt(
        { file, said },
        { code: 'PLUGIN_PERMISSION_MISSING', severity: 'error' },
        {
          message: `\`host.${said.name}\` isn't there: the manifest requests no \`${said.name}\``,
          remedy: `Request it under \`permissions.${said.name}\`, with a reason.`,
        },
      ),
    );
}

function undeclaredOutputs(file: string, { outputs }: SourceFacts, manifest: PluginManifest): readonly Diagnostic[] {
  if (manifest['dynamic-outputs'] === true || manifest.abi === 'extism') return [];
  return undeclared(file, outputs, { manifest, part: 'output', code: 'PLUGIN_OUTPUT_UNDECLARED' });
}

/** What is written out as a value that the manifest's schema doesn't take: the step would fail. */
function wrongOutputs(file: string, { outputs }: SourceFacts, manifest: PluginManifest): readonly Diagnostic[] {
  return outputs.flatMap((said) => {
    const { name, value } = said;
    const declared =
      manifest.outputs !== undefined && Object.hasOwn(manifest.outputs, name) ? manifest.outputs[name] : {};
    const types = [declared?.['type']].flat().filter((type) => typeof type === 'string');
    if (value === undefined || types.length === 0 || isOfType(value, types)) return [];
    const message = `\`outputs.${name}\` is declared as ${types.join(' or ')}, and this is ${withArticle(value)}`;
    const remedy = 'Return what is declared, or declare what is returned: else the step fails.';
    return [findingAt({ file, said }, { code: 'INVALID_OUTPUT', severity: 'error' }, { message, remedy })];
  });
}

function withArticle(type: string): string {
  return type === 'null' ? 'null' : `${/^[aio]/u.test(type) ? 'an' : 'a'} ${type}`;
}

/** They are always undefined. */
function undeclaredInputs(file: string, { inputUses }: SourceFacts, manifest: PluginManifest): readonly Diagnostic[] {
  return undeclared(file, inputUses, { manifest, part: 'input', code: 'PLUGIN_INPUT_UNDECLARED' });
}

function undeclared(
  file: string,
  fields: readonly Said[],
  {
    manifest,
    part,
    code,
  }: { readonly manifest: PluginManifest; readonly part: 'input' | 'output'; readonly code: Diagnostic['code'] },
): readonly Diagnostic[] {
  const declared = Object.keys(manifest[`${part}s`] ?? {});
  return fields
    .filter(({ name }) => !declared.includes(name))
    .map((said) => {
      const guess = didYouMean(said.name, declared);
      const remedy =
        guess === undefined
          ? `Declare it under \`${part}s\`.`
          : `Did you mean \`${guess}\`? Else declare it under \`${part}s\`.`;
      const message = `the manifest declares no ${part} \`${said.name}\``;
      return findingAt({ file, said }, { code, severity: 'error' }, { message, remedy });
    });
}

/** A step may be over before such a call is done. */
function floatingCalls(file: string, { floating }: SourceFacts): readonly Diagnostic[] {
  return floating.map((said) =>
    findingAt(
      { file, said },
      { code: 'PLUGIN_NOT_AWAITED', severity: 'warning' },
      {
        message: `nobody waits for \`${said.name}\`: the step may end before it is done`,
        remedy: 'Write `await` before it, or `void` where its end is of no concern.',
      },
    ),
  );
}

function firstOfEach(all: readonly Said[]): readonly Said[] {
  return [...new Map([...all].reverse().map((said) => [said.name, said])).values()].reverse();
}
