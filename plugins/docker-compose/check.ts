import { isList, isMapping, type Mapping, type Value } from './model.ts';

interface Denied {
  /** Values that ask for nothing. */
  readonly except?: RegExp;
  readonly remedy: string;
}

const noWindows = 'leave it out';
const noNamespaces = "no container sees the machine's own";

/** Keys of a service that the agent's docker socket denies whatever is granted, and what to do instead. */
const denied: Readonly<Record<string, Denied>> = {
  privileged: { except: /^false$/, remedy: 'no container has privileges' },
  network_mode: { except: /^(?:none|bridge|default)$/, remedy: "a service has the step's `network`" },
  pid: { remedy: "no container sees others' processes" },
  ipc: { except: /^private$/, remedy: "no container shares others' memory" },
  uts: { remedy: noNamespaces },
  cgroup: { except: /^private$/, remedy: noNamespaces },
  userns_mode: { remedy: 'no container has the users of the machine' },
  devices: { remedy: 'no container has devices' },
  device_cgroup_rules: { remedy: 'no container has devices' },
  gpus: { remedy: 'no container has devices' },
  cap_add: { remedy: 'no container has capabilities' },
  security_opt: { except: /^no-new-privileges(?:[:=]true)?$/, remedy: 'no container changes its confinement' },
  cgroup_parent: { remedy: 'no container chooses its control group' },
  group_add: { remedy: 'no container has further groups' },
  sysctls: { remedy: "no container changes the kernel's settings" },
  runtime: { remedy: 'no container chooses what runs it' },
  isolation: { remedy: noWindows },
  credential_spec: { remedy: noWindows },
  volumes_from: { remedy: 'name the volume in both' },
  restart: { except: /^no$/, remedy: 'a container is started by a step, once' },
  hostname: { remedy: 'others find a service by its name' },
  domainname: { remedy: 'others find a service by its name' },
  mac_address: { remedy: 'leave it to Docker' },
  tty: { except: /^false$/, remedy: 'there is no terminal here' },
  extra_hosts: { remedy: 'no container gets names for addresses' },
  use_api_socket: { except: /^false$/, remedy: 'no container gets a Docker socket' },
  secrets: { remedy: 'give it by `env`, or as a folder of `mounts`' },
  configs: { remedy: 'give it by `env`, or as a folder of `mounts`' },
  provider: { remedy: 'no program of the machine is run for a service' },
  post_start: { remedy: 'run it by `exec`' },
  pre_stop: { remedy: 'run it by `exec`' },
};

/** What the check goes by. */
export interface CheckSetting {
  /** The absolute path of the workspace, as docker-compose has it. */
  readonly root: string;
  /** Whether images are built too. */
  readonly builds: boolean;
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
  const keys = Object.entries(denied).flatMap(([key, { except, remedy }]) =>
    asksFor(service[key], except) ? [`${name}.${key}: ${remedy}`] : [],
  );
  const volumes = isList(service['volumes']) ? service['volumes'] : [];
  const mounts = volumes.flatMap((mount) => {
    const problem = mountProblem(mount, setting);
    return problem === undefined ? [] : [`${name}.volumes: ${problem}`];
  });
  const build = setting.builds ? buildProblems(service['build'], setting) : [];
  return [
    ...keys,
    ...mounts,
    ...build.map((problem) => `${name}.build: ${problem}`),
    ...deviceReservations(name, service),
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
  return except?.test(String(value)) !== true;
}

function deviceReservations(name: string, { deploy }: Mapping): readonly string[] {
  const resources = isMapping(deploy) ? deploy['resources'] : undefined;
  const reservations = isMapping(resources) ? resources['reservations'] : undefined;
  const asked = isMapping(reservations) && asksFor(reservations['devices'], undefined);
  return asked ? [`${name}.deploy.resources.reservations.devices: no container has devices`] : [];
}

/** `SOURCE:TARGET[:MODE]` or `{ type, source, target }`. A source that is a path is absolute here. */
function mountProblem(mount: Value, { root }: CheckSetting): string | undefined {
  const { type, source } = isMapping(mount) ? mount : shortMount(textOf(mount));
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
  const keys = ['privileged', 'ssh', 'secrets', 'entitlements', 'additional_contexts'];
  return [
    ...outside,
    ...keys.filter((key) => asksFor(asked[key], /^false$/)).map((key) => `no build has ${key}`),
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
  ];
}

/**
 * Other files that the text of a Compose file would have fetched: `include` and `extends` of addresses. It is looked for before Compose
 * reads the file, as that would be when it fetches them.
 */
export function remotePartsOf(text: string): readonly string[] {
  const found: string[] = [];
  let isInclude = false;
  for (const whole of text.split('\n')) {
    const line = whole.replace(/(?:^|\s)#.*$/, '');
    if (/^\S/.test(line) && !line.startsWith('-')) isInclude = /^(?:include|'include'|"include")\s*:/.test(line);
    const asks = isInclude || /(?:^|[\s{,])['"]?file['"]?\s*:/.test(line);
    const address = asks
      ? /(?:[a-z][a-z0-9+.-]*:\/\/|git@|\boci:|\bgithub\.com\/)[^\s'",\]}]*/i.exec(line)?.[0]
      : undefined;
    if (address !== undefined) found.push(address);
  }
  return found;
}
