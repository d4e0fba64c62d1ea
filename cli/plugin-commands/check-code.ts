import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { YamlDocument } from '../../runtime/documents/yaml-document.ts';
import {
  findBuilt,
  type PluginFile,
  pathOfMain,
  type RunnableManifest,
  unusedBuild,
} from '../../runtime/manifest/index.ts';
import { forbiddenImport, httpFunctions } from '../../runtime/sandbox-host/wasm/allowed-imports.ts';
import { type AbsolutePath, type Diagnostic, WaterflowFailure } from '../../schemas/index.ts';
import { sourcesNow } from '../plugin-build/build-plugin.ts';
import { builders } from '../plugin-build/builders.ts';

/** A plugin whose manifest was read. */
export interface CheckedCode {
  readonly folder: AbsolutePath;
  readonly files: readonly PluginFile[];
  readonly manifest: RunnableManifest;
  readonly document: YamlDocument;
  /** What a path is called in findings. */
  readonly shown: (path: string) => string;
  /** What the plugin is called on the command line. */
  readonly name: string;
}

/** What an agent would find wrong with the code that the manifest names: it isn't built yet, or it is a module that no sandbox takes. */
export async function checkCode(plugin: CheckedCode): Promise<readonly Diagnostic[]> {
  const { files, manifest } = plugin;
  const main = pathOfMain(manifest.main);
  if (!main.endsWith('.wasm') && !files.some(({ path }) => path === main)) return [missingSource(plugin, main)];
  const built = builtOf(plugin);
  if ('finding' in built) return [built.finding];
  const leftOver = unusedParts(plugin);
  const code = built.file ?? files.find(({ path }) => path === main);
  if (manifest.runtime === 'isolate') return leftOver;
  if (built.file === undefined && !main.endsWith('.wasm'))
    return [...leftOver, unbuilt(plugin, 'nothing was built of it yet')];
  if (code === undefined) return [...leftOver, missingModule(plugin, main)];
  const unrecorded = built.file === undefined ? unrecordedBuild(plugin, main) : [];
  return [...leftOver, ...unrecorded, ...(await checkModule(plugin, code))];
}

/** A `main` that is to be read or built, and isn't there. */
function missingSource({ document, files }: CheckedCode, main: string): Diagnostic {
  const guess = didYouMean(
    main,
    files.map(({ path }) => path),
  );
  const problem = {
    message: `there is no file \`${main}\` in the plugin's folder`,
    remedy: guess === undefined ? "Name the file that holds the plugin's code." : `Did you mean \`${guess}\`?`,
  };
  return { ...document.error({ path: ['main'], part: 'value' }, problem), severity: 'error' };
}

/** The build that would run, if there is one. */
function builtOf(plugin: CheckedCode): { readonly file: PluginFile | undefined } | { readonly finding: Diagnostic } {
  const { folder, files, manifest } = plugin;
  try {
    return { file: findBuilt(files, manifest, sourcesNow(folder, plugin)) };
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    return { finding: unbuilt(plugin, cause.error.message) };
  }
}

function unbuilt({ document, name }: CheckedCode, message: string): Diagnostic {
  return {
    ...document.error(
      { path: ['main'], part: 'value' },
      {
        message,
        remedy: `Run \`waterflow plugin build ${name}\`; until then no agent takes the plugin, and none of its cases is run.`,
      },
    ),
    code: 'PLUGIN_NOT_BUILT',
    severity: 'warning',
  };
}

/** Builds for another runtime, or of another `main`, than the manifest has: whoever made them may think that they run. */
function unusedParts({ files, manifest, document }: CheckedCode): readonly Diagnostic[] {
  const unused = unusedBuild(files, manifest);
  if (unused.length === 0) return [];
  const problem = {
    message: `${unused.join(', ')}: built for another \`runtime\` or of another \`main\`, so this isn't what runs, and no package has it`,
    remedy: 'Remove it, or say in plugin.yaml what it was built for.',
  };
  return [
    {
      ...document.error({ path: ['main'], part: 'value' }, problem),
      code: 'PLUGIN_BUILD_UNUSED',
      severity: 'warning',
    },
  ];
}

/** A module beside sources that it may be of, or may be older than. */
function unrecordedBuild(plugin: CheckedCode, main: string): readonly Diagnostic[] {
  if (sourcesNow(plugin.folder, plugin).length === 0) return [];
  const problem = {
    message: `nothing says of which sources \`${main}\` was made: it may be older than those beside it`,
    remedy: `Build it with \`waterflow plugin build ${plugin.name}\`, which records them.`,
  };
  return [
    {
      ...plugin.document.error({ path: ['main'], part: 'value' }, problem),
      code: 'PLUGIN_BUILD_UNRECORDED',
      severity: 'warning',
    },
  ];
}

function missingModule(plugin: CheckedCode, main: string): Diagnostic {
  const { folder, manifest, document } = plugin;
  const project = { folder, manifest, target: 'wasm', env: {} } as const;
  const language = builders.find((builder) => builder.handles(project))?.language;
  if (language !== undefined) return unbuilt(plugin, `\`${main}\` wasn't built yet of the sources in ${language}`);
  const problem = {
    message: `there is no file \`${main}\` in the folder, and no source that it could be built of`,
    remedy:
      'Put the module there; docs/plugin-authoring.md has the languages that `waterflow plugin build` knows, and by which file.',
  };
  return { ...document.error({ path: ['main'], part: 'value' }, problem), severity: 'error' };
}

/** What the sandbox would refuse of a module, and whether it asks for what it uses. */
async function checkModule(plugin: CheckedCode, file: PluginFile): Promise<readonly Diagnostic[]> {
  const { manifest, shown } = plugin;
  const abi = manifest.abi ?? 'waterflow';
  const invalid = (message: string, remedy: string): Diagnostic => ({
    code: 'PLUGIN_INVALID',
    severity: 'error',
    message,
    remedy,
    file: shown(file.path),
  });
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(new Uint8Array(file.bytes));
  } catch (cause) {
    return [
      invalid(
        `the module doesn't compile: ${cause instanceof Error ? cause.message : String(cause)}`,
        'Build it again.',
      ),
    ];
  }
  const imports = WebAssembly.Module.imports(module);
  const forbidden = forbiddenImport(imports, abi);
  if (forbidden !== undefined) return [invalid(forbidden.message, forbidden.remedy)];
  const entry = manifest.entry ?? 'run';
  const exported = WebAssembly.Module.exports(module).flatMap(({ name, kind }) => (kind === 'function' ? name : []));
  if (!exported.includes(entry))
    return [invalid(`the module exports no function ${entry}`, entryRemedy(exported, abi))];
  // What makes host calls by itself may use any capability.
  if (abi === 'waterflow' || imports.some(({ name }) => name === 'host_call')) return [];
  return requestsAgainstManifest(plugin, { usesHttp: imports.some(({ name }) => httpFunctions.includes(name)) });
}

/** Names in a remedy: a module of Rust or Go has dozens of exports that no person wrote. */
const mostNames = 10;

function entryRemedy(exported: readonly string[], abi: 'waterflow' | 'extism'): string {
  const names = exported.filter((name) => !name.startsWith('_')).slice(0, mostNames);
  if (abi === 'waterflow' || names.length === 0) return 'Export it: it is what the agent calls.';
  return `Name another \`entry\`: the module exports ${names.join(', ')}.`;
}

/** HTTP is all that a plugin of Extism can ask a grant for. */
function requestsAgainstManifest(
  { manifest, document }: CheckedCode,
  { usesHttp }: { readonly usesHttp: boolean },
): readonly Diagnostic[] {
  const requested = manifest.permissions ?? {};
  const asksForNet = (requested['net'] ?? []).length > 0;
  if (usesHttp && !asksForNet) {
    const problem = {
      message: "the module makes HTTP requests by Extism's kit, and the manifest requests no `net`",
      remedy: 'Request the URLs under `permissions.net`, with a reason.',
    };
    return [
      {
        ...document.error({ path: ['abi'], part: 'value' }, problem),
        code: 'PLUGIN_PERMISSION_MISSING',
        severity: 'error',
      },
    ];
  }
  return Object.keys(requested)
    .filter((capability) => capability !== 'net' || !usesHttp)
    .map((capability) => ({
      ...document.error(
        { path: ['permissions', capability], part: 'key' },
        {
          message: `nothing in the module uses \`${capability}\``,
          remedy: `Remove \`permissions.${capability}\`.`,
        },
      ),
      code: 'PLUGIN_PERMISSION_UNUSED',
      severity: 'warning',
    }));
}
