import { type DeniedKey, deniedDeployments, deniedInBuilds, deniedInNetworks, deniedKeys } from './denied-keys.ts';
import { isList, isMapping, type Mapping, type Value } from './model.ts';

/** What the check goes by. */
export interface CheckSetting {
  /** The absolute path of the workspace, as docker-compose has it. */
  readonly root: string;
  /** Whether images are built too. */
  readonly builds: boolean;
  /** Whether Compose goes by `deploy`, as version 2 does. */
  readonly deploys: boolean;
}

/**
 * What of a file the agent would deny once half of the services are up. It spares a failure halfway; what decides is the agent's docker
 * socket, and that docker-compose sees the workspace alone and no network.
 */
export function problemsOf(model: Mapping, setting: CheckSetting): readonly string[] {
  return [
    ...entriesOf(model['services']).flatMap(([name, service]) => serviceProblems(name, service, setting)),
    ...entriesOf(model['volumes']).flatMap(([name, volume]) => volumeProblems(name, volume)),
    ...entriesOf(model['networks']).flatMap(([name, network]) => networkProblems(name, network)),
  ];
}

/** The names of the file's services. */
export function servicesOf({ services }: Mapping): readonly string[] {
  return isMapping(services) ? Object.keys(services) : [];
}

function entriesOf(value: Value | undefined): readonly (readonly [string, Mapping])[] {
  return isMapping(value) ? Object.entries(value).map(([key, item]) => [key, isMapping(item) ? item : {}]) : [];
}

function serviceProblems(name: string, service: Mapping, setting: CheckSetting): readonly string[] {
  const denied = setting.deploys ? { ...deniedKeys, ...deniedDeployments } : deniedKeys;
  const volumes = isList(service['volumes']) ? service['volumes'] : [];
  const mounts = volumes.flatMap((mount) => {
    const problem = mountProblem(mount, setting);
    return problem === undefined ? [] : [`${name}.volumes: ${problem}`];
  });
  const build = setting.builds ? buildProblems(service['build'], setting) : [];
  return [
    ...[...keyProblems(service, denied), ...swapProblems(service)].map((problem) => `${name}.${problem}`),
    ...entriesOf(service['networks']).flatMap(([network, endpoint]) =>
      deniedInNetworks
        .filter((key) => asksFor(endpoint[key], undefined))
        .map((key) => `${name}.networks.${network}.${key}: leave it to Docker`),
    ),
    ...mounts,
    ...build.map((problem) => `${name}.build: ${problem}`),
  ];
}

/** A text as it is, and anything else as JSON, which is no path. */
function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** Whether the value asks for anything but what `except` has; of a list each item. */
function asksFor(value: Value | undefined, except: RegExp | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (isList(value)) return value.some((item) => asksFor(item, except));
  if (isMapping(value)) return Object.keys(value).length > 0;
  const text = String(value);
  return !/^(?:false|0)$/.test(text) && except?.test(text) !== true;
}

function keyProblems(service: Mapping, denied: Readonly<Record<string, DeniedKey>>): readonly string[] {
  return Object.entries(denied).flatMap(([key, { except, remedy }]) =>
    asksFor(valueAt(service, key), except) ? [`${key}: ${remedy}`] : [],
  );
}

/** What a path with dots leads to. */
function valueAt(service: Mapping, path: string): Value | undefined {
  return path
    .split('.')
    .reduce<Value | undefined>((value, key) => (isMapping(value) ? value[key] : undefined), service);
}

/** The same as the memory is no swap at all. */
function swapProblems({ mem_limit: memory, memswap_limit: swap }: Mapping): readonly string[] {
  const asks = asksFor(swap, undefined) && textOf(swap) !== textOf(memory);
  return asks ? ['memswap_limit: a container has no swap beside its memory'] : [];
}

/** `SOURCE:TARGET[:MODE]` or `{ type, source, target }`. A source that is a path is absolute here. */
function mountProblem(mount: Value, { root }: CheckSetting): string | undefined {
  const { type, source, tmpfs } = isMapping(mount) ? mount : shortMount(textOf(mount));
  if (asksFor(tmpfs, undefined)) return 'a tmpfs has no options';
  switch (type) {
    case 'bind': {
      const path = textOf(source);
      return isWithin(path, root) ? undefined : `${path} is outside of the workspace`;
    }
    case 'volume':
    case 'tmpfs':
      return undefined;
    default:
      return `a mount of the type ${textOf(type)}: use a folder of the workspace, a volume or tmpfs`;
  }
}

function shortMount(text: string): Mapping {
  const [source = '', target] = text.split(':');
  return /^[/~.]/.test(source) && target !== undefined ? { type: 'bind', source } : { type: 'volume' };
}

function isWithin(path: string, root: string): boolean {
  return (path === root || path.startsWith(`${root}/`)) && !path.split('/').includes('..');
}

const remoteForm = /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|oci:|github\.com\/)/i;

function buildProblems(build: Value | undefined, { root }: CheckSetting): readonly string[] {
  if (build === undefined || build === null) return [];
  const asked: Mapping = isMapping(build) ? build : { context: build };
  const context = textOf(asked['context'] ?? root);
  const outside = remoteForm.test(context)
    ? ['its context is remote: check it out by a step before']
    : isWithin(context, root)
      ? []
      : [`${context} is outside of the workspace`];
  return [
    ...outside,
    ...deniedInBuilds.filter((key) => asksFor(asked[key], undefined)).map((key) => `no build has ${key}`),
    ...(asksFor(asked['network'], /^(?:default|none|bridge)$/) ? ["a build has the step's `network`"] : []),
  ];
}

const ownDrivers: Readonly<Record<'volume' | 'network', RegExp>> = {
  volume: /^local$/,
  network: /^(?:bridge|default)$/,
};

function volumeProblems(name: string, volume: Mapping): readonly string[] {
  return [
    ...(asksFor(volume['driver'], ownDrivers.volume) ? [`volumes.${name}.driver: it is local`] : []),
    ...(asksFor(volume['driver_opts'], undefined) ? [`volumes.${name}.driver_opts: leave them out`] : []),
  ];
}

function networkProblems(name: string, network: Mapping): readonly string[] {
  return [
    ...(asksFor(network['driver'], ownDrivers.network) ? [`networks.${name}.driver: it is bridge`] : []),
    ...(asksFor(network['driver_opts'], undefined) ? [`networks.${name}.driver_opts: leave them out`] : []),
    ...['ipam.config', 'ipam.options', 'enable_ipv6']
      .filter((key) => asksFor(valueAt(network, key), undefined))
      .map((key) => `networks.${name}.${key}: leave it to Docker`),
  ];
}
