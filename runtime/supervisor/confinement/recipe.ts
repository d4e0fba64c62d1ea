import { join } from 'node:path';
import { gated } from '../../cgroup/index.ts';
import type { HostArguments } from '../../sandbox-host/main.ts';
import type { ConfinementLevel } from '../api.ts';
import type { Installation } from './installation.ts';
import { dataLimitBytes, type MemoryClass } from './memory-class.ts';

/** Which host to start. */
export interface HostKind {
  readonly runtime: 'isolate' | 'wasm';
  readonly memoryClass: MemoryClass;
  readonly level: ConfinementLevel;
}

/** A command line, and the descriptors that it expects beside 0 to 4. */
export interface HostCommand {
  readonly command: string;
  readonly argv: readonly string[];
  /** Descriptor 5 is the seccomp filter, opened for reading. */
  readonly seccompFilter: string | undefined;
  /** Descriptor 6 gets bubblewrap's report with the process id of the namespace's init. */
  readonly reportsChild: boolean;
  /** It waits at its start until its gate is opened on descriptor 7: by then it is in its control group. */
  readonly waits: boolean;
}

/** Descriptor of the host process for its control channel; 0 to 2 are nothing, nothing and the error stream. */
export const controlDescriptor = 3;
/** Descriptor of its host calls. */
export const callDescriptor = 4;
const seccompDescriptor = 5;
/** Descriptor of bubblewrap's report. */
export const infoDescriptor = 6;
/** Descriptor of the gate; a shell closes it before the command goes on. */
export const gateDescriptor = 7;

/** Where things lie for a confined host, and where they really lie. */
interface Places {
  readonly node: string;
  readonly app: string;
  readonly isolatedVm: string;
  readonly extism: string;
}

const confinedPlaces: Places = {
  node: '/n/node',
  app: '/n/app',
  isolatedVm: '/n/engine/isolated_vm.node',
  extism: '/n/engine/extism',
};

/** The whole command: at level 4 the gate, then rlimits, then namespaces and the filter, then Node with its permission model. Pure. */
export function hostCommand(kind: HostKind, installation: Installation): HostCommand {
  const { tools } = installation;
  const bwrap = kind.level >= 2 ? tools.bwrap : undefined;
  const seccompFilter = kind.level >= 3 ? installation.seccompFilter : undefined;
  const node = nodeCommand(kind, installation, bwrap === undefined ? installation : confinedPlaces);
  const words = [
    ...(kind.level >= 1 && tools.prlimit !== undefined ? rlimits(tools.prlimit, kind) : []),
    ...(bwrap !== undefined ? namespaces(bwrap, kind, { installation, seccompFilter }) : []),
    // Without bubblewrap, which does it itself, the kernel is to end the host with its agent.
    ...(bwrap === undefined && tools.setpriv !== undefined ? [tools.setpriv, '--pdeathsig', 'KILL', '--'] : []),
    ...node,
  ];
  const reportsChild = bwrap !== undefined;
  if (kind.level >= 4) return { ...gated(words, gateDescriptor), seccompFilter, reportsChild, waits: true };
  const [command = '', ...argv] = words;
  return { command, argv, seccompFilter, reportsChild, waits: false };
}

function rlimits(prlimit: string, kind: HostKind): readonly string[] {
  return [
    prlimit,
    '--core=0',
    '--fsize=0',
    // Node and both engines need 24; a guest has no way to open more, so this is for what nobody thought of.
    '--nofile=64',
    '--memlock=0',
    '--msgqueue=0',
    ...(kind.runtime === 'wasm' ? [`--stack=${firstThreadStackBytes}:`] : []),
    `--data=${dataLimitBytes(kind.runtime, kind.memoryClass)}`,
    '--',
  ];
}

function namespaces(
  bwrap: string,
  kind: HostKind,
  given: { readonly installation: Installation; readonly seccompFilter: string | undefined },
): readonly string[] {
  const { installation, seccompFilter } = given;
  const engine =
    kind.runtime === 'isolate'
      ? ['--ro-bind', installation.isolatedVm, confinedPlaces.isolatedVm]
      : ['--ro-bind', installation.extism, confinedPlaces.extism];
  return [
    bwrap,
    '--unshare-all',
    '--unshare-user',
    '--uid',
    '65534',
    '--gid',
    '65534',
    '--cap-drop',
    'ALL',
    '--die-with-parent',
    '--new-session',
    '--clearenv',
    '--hostname',
    'plugin',
    '--chdir',
    '/',
    '--ro-bind',
    installation.node,
    confinedPlaces.node,
    ...installation.libraries.flatMap(({ file, path }) => ['--ro-bind', file, path]),
    '--ro-bind',
    installation.app,
    confinedPlaces.app,
    ...engine,
    '--dev-bind',
    '/dev/null',
    '/dev/null',
    // The root is a tmpfs, writable until here.
    '--remount-ro',
    '/',
    '--info-fd',
    `${infoDescriptor}`,
    ...(seccompFilter === undefined ? [] : ['--seccomp', `${seccompDescriptor}`]),
    '--',
  ];
}

function nodeCommand(kind: HostKind, installation: Installation, places: Places): readonly string[] {
  const engine = kind.runtime === 'isolate' ? places.isolatedVm : join(places.extism, 'mod.js');
  const hostArguments: HostArguments = {
    runtime: kind.runtime,
    engine,
    guest: join(places.app, 'guest'),
    // Those up to there were replaced by our own.
    close: installation.leakedDescriptors.filter(
      (descriptor) => descriptor > (kind.level >= 4 ? gateDescriptor : infoDescriptor),
    ),
  };
  const readable = [places.app, kind.runtime === 'isolate' ? places.isolatedVm : places.extism];
  return [
    places.node,
    ...engineFlags(kind),
    '--max-semi-space-size=1',
    `--max-old-space-size=${kind.memoryClass}`,
    '--v8-pool-size=1',
    // No boundary (it leaves the network and signals open), but free, and all there is where there is no bubblewrap.
    '--permission',
    ...(kind.runtime === 'isolate' ? ['--allow-addons'] : []),
    ...readable.flatMap((path) => [`--allow-fs-read=${path}`, `--allow-fs-read=${path}/*`]),
    join(places.app, 'host', 'main.js'),
    JSON.stringify(hostArguments),
  ];
}

/**
 * V8's stack of a WASM host, in KiB: calls of a plugin in TypeScript, and levels of its JSON, take more of it than of the module's own stack, whose
 * end the plugin can catch. Within the 8 MiB that the kernel gives a first thread.
 */
const wasmStackKib = 6000;
/** In bytes, whatever the agent was started with; the hard limit stays as it is. */
const firstThreadStackBytes: number = 8 * 1024 * 1024;

function engineFlags(kind: HostKind): readonly string[] {
  // Without `--jitless` neither isolated-vm's memory limit nor RLIMIT_DATA bounds an isolate. WASM needs the compiler.
  if (kind.runtime === 'isolate') return ['--jitless'];
  const wasmPagesPerMib = 16;
  return [`--wasm-max-mem-pages=${kind.memoryClass * wasmPagesPerMib}`, `--stack-size=${wasmStackKib}`];
}
