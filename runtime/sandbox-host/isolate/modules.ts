import type ivm from 'isolated-vm';

/** A plugin whose modules can't be put together; the message is for its author. */
export class ModuleProblem extends Error {
  override readonly name = 'ModuleProblem';
}

/** JavaScript by the name under which other modules import it. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Puts ES modules together within one isolate: a module may import another one of `sources` by a relative path, or what
 * `builtIn` names (`waterflow/plugin`). Nothing is looked up anywhere else.
 */
export class ModuleGraph {
  readonly #isolate: ivm.Isolate;
  readonly #context: ivm.Context;
  readonly #sources: Sources;
  readonly #builtIn: ReadonlyMap<string, string>;
  readonly #compiled = new Map<string, ivm.Module>();
  readonly #names = new Map<ivm.Module, string>();

  constructor(
    target: { readonly isolate: ivm.Isolate; readonly context: ivm.Context },
    sources: Sources,
    builtIn: ReadonlyMap<string, string>,
  ) {
    this.#isolate = target.isolate;
    this.#context = target.context;
    this.#sources = sources;
    this.#builtIn = builtIn;
  }

  /** Compiles and links `main` with all that it imports; nothing of it is run. Throws {@link ModuleProblem}. */
  link(main: string): ivm.Module {
    const module = this.#compile(main, 'the manifest');
    try {
      module.instantiateSync(this.#context, (specifier, referrer) => {
        const importer = this.#names.get(referrer) ?? main;
        return this.#compile(this.#resolve(specifier, importer), importer);
      });
    } catch (error) {
      throw problemOf(error);
    }
    return module;
  }

  #compile(name: string, importer: string): ivm.Module {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const source = this.#sources.get(name) ?? this.#builtIn.get(name);
    if (source === undefined) throw new ModuleProblem(`${importer} names ${name}, which isn't in the plugin`);
    try {
      const module = this.#isolate.compileModuleSync(source, { filename: name });
      this.#compiled.set(name, module);
      this.#names.set(module, name);
      return module;
    } catch (error) {
      throw problemOf(error);
    }
  }

  #resolve(specifier: string, importer: string): string {
    if (this.#builtIn.has(specifier)) return specifier;
    if (!specifier.startsWith('./') && !specifier.startsWith('../')) {
      throw new ModuleProblem(
        `${importer} imports '${specifier}'; a plugin imports 'waterflow/plugin' and its own files by relative paths`,
      );
    }
    const path = joinPath(importer, specifier);
    const found = path === undefined ? undefined : candidatesOf(path).find((candidate) => this.#sources.has(candidate));
    if (found === undefined) throw new ModuleProblem(`${importer} imports '${specifier}', which isn't in the plugin`);
    return found;
  }
}

/** A path within the plugin from one that stands in `importer`; undefined where it leads out of the plugin. */
function joinPath(importer: string, specifier: string): string | undefined {
  const parts = importer.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '.' || part === '') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** TypeScript lets a module be imported by the name that it has after compilation. */
function candidatesOf(path: string): readonly string[] {
  return path.endsWith('.js') ? [path, `${path.slice(0, -3)}.ts`] : [path];
}

function problemOf(error: unknown): ModuleProblem {
  return error instanceof ModuleProblem
    ? error
    : new ModuleProblem(error instanceof Error ? error.message : String(error));
}
