import { join, resolve } from 'node:path';
import { folderMemory, folderSource, httpSource, openRegistry, type Registry } from '../../runtime/registry/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { isLoopbackHost } from '../../server/auth/loopback.ts';
import { askYes } from '../ask.ts';
import { usageError } from '../command.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { stateFolder } from './state.ts';

/** How a command line names a registry. */
export interface RegistryFlags {
  /** A folder or a URL. */
  readonly registry?: string;
  /** Ids of registries that are meant: any other is refused. */
  readonly registryKey?: readonly string[];
  /** Whether http: is good enough anywhere. */
  readonly insecureHttp?: boolean;
}

/** Opens the registry of `--registry`, else of WATERFLOW_REGISTRY; undefined where neither names one. */
export async function openNamedRegistry(
  terminal: Terminal,
  flags: RegistryFlags,
): Promise<(Registry & AsyncDisposable) | undefined> {
  const named = flags.registry ?? terminal.env['WATERFLOW_REGISTRY'];
  if (named === undefined || named === '') {
    if (flags.registryKey === undefined) return undefined;
    // Who says which registry is meant must not get something that was compared with none.
    throw usageError(
      '--registry-key says which registry is meant, and none is named',
      'Name its place by --registry or WATERFLOW_REGISTRY, or leave --registry-key out.',
    );
  }
  const source = sourceOf(terminal, named, flags);
  try {
    const registry = await openRegistry(source, {
      memory: folderMemory(join(stateFolder(terminal, undefined), 'registries') as AbsolutePath), // Below an absolute path.
      now: terminal.now(),
      meant: flags.registryKey ?? [],
      accept: (id, location) => accept(terminal, { id, location }),
    });
    return { ...registry, [Symbol.asyncDispose]: source[Symbol.asyncDispose] };
  } catch (cause) {
    await source[Symbol.asyncDispose]();
    throw cause;
  }
}

function sourceOf(terminal: Terminal, named: string, { insecureHttp }: RegistryFlags): ReturnType<typeof httpSource> {
  if (!/^https?:/iu.test(named)) {
    // resolve() gives an absolute path.
    return { ...folderSource(resolve(terminal.cwd, named) as AbsolutePath), [Symbol.asyncDispose]: async () => {} };
  }
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw usageError(`${plainLine(named)} is no URL of a registry`, 'Write it as https://plugins.example.com/stable/.');
  }
  if (url.protocol === 'http:' && insecureHttp !== true && !isLoopbackHost(url.host)) {
    throw usageError(
      `${url.href} is not encrypted: whoever is on the way sees what is installed here, and can keep it from being there`,
      'Give its https: URL, or say --insecure-http.',
    );
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return httpSource(url);
}

async function accept(
  terminal: Terminal,
  { id, location }: { readonly id: string; readonly location: string },
): Promise<boolean> {
  return await askYes(
    terminal,
    `${plainLine(location)} was never seen here. Its id is ${plainLine(id)}. Is that what its owner told you?`,
  );
}
