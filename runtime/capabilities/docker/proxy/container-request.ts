import { isJsonObject, type Json, type JsonObject } from '../../../../schemas/index.ts';
import type { HealthcheckArgs, StartArgs } from '../call.ts';
import { Fields, holdsNothing } from './fields.ts';
import { idleConfig, idleHostConfig } from './idle-fields.ts';
import { readMounts } from './mount-request.ts';
import { denied, malformed } from './refusal.ts';

/** What the body of `POST /containers/create` asks for, in the terms of docker.start. */
export interface ContainerRequest {
  /** Without the network, which is found out by what is granted. */
  readonly args: StartArgs;
  readonly network: NetworkRequest;
  readonly labels: Readonly<Record<string, string>>;
  readonly stdin: 'open' | 'none';
  readonly removal: 'by itself' | 'by request';
}

/** `unsaid`: the widest that is granted. A network of the run is named as the client made it. */
export type NetworkRequest =
  | { readonly kind: 'unsaid' }
  | { readonly kind: 'none' }
  | { readonly kind: 'bridge' }
  | { readonly kind: 'named'; readonly name: string; readonly aliases: readonly string[] };

/** By which compose marks what it makes. Any client can set it: what it allows is the same as for `run`. */
const composeLabel = 'com.docker.compose.project';

/** What reading a body needs to know. */
export interface RequestSetting {
  /** The paths by which the program knows the workspace. */
  readonly workspaces: readonly string[];
  /** Makes the name of a volume that the client gave none. */
  readonly anonymousVolume: () => string;
}

/** Reads the body, field by field. Throws Refusal for all that isn't known, or that no grant has a word for. */
export function readContainerRequest(body: JsonObject, setting: RequestSetting): ContainerRequest {
  const config = new Fields(body, '');
  const host = new Fields(config.take('HostConfig'), 'HostConfig');
  const image = config.text('Image');
  const env = readEnvironment(config);
  const command = config.texts('Cmd');
  const entrypoint = config.texts('Entrypoint');
  const workdir = config.text('WorkingDir');
  const user = config.text('User');
  const labels = config.pairs('Labels');
  const mounts = readMounts({ config, host }, setting);
  const args: StartArgs = {
    image,
    pull: 'never',
    ...(command === undefined ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(workdir === '' ? {} : { workdir }),
    ...(user === '' ? {} : { user }),
    ...mounts,
    ...readPorts(config, host),
    ...(host.flag('ReadonlyRootfs') ? { root: 'read' } : {}),
    ...readLimits(host),
    ...readHealthcheck(config),
    ...(labels[composeLabel] === undefined ? {} : { under: 'compose' }),
  };
  const network = readNetwork(config, host);
  const stdin = config.flag('OpenStdin') ? 'open' : 'none';
  // Who is attached is decided when somebody attaches.
  for (const key of ['AttachStdin', 'AttachStdout', 'AttachStderr', 'StdinOnce']) config.flag(key);
  const removal = host.flag('AutoRemove') ? 'by itself' : 'by request';
  idleConfig(config);
  idleHostConfig(host);
  config.done();
  host.done();
  return { args, network, labels, stdin, removal };
}

/** `KEY=value`, each key once. */
export function readEnvironment(fields: Fields): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const variable of fields.texts('Env') ?? []) {
    const at = variable.indexOf('=');
    if (at < 1) throw malformed(`\`${variable.slice(0, 100)}\` is not \`KEY=value\``);
    // The last one counts, as with the daemon.
    env[variable.slice(0, at)] = variable.slice(at + 1);
  }
  return env;
}

function readLimits(host: Fields): Pick<StartArgs, 'limits'> {
  const memory = host.integer('Memory');
  const swap = host.integer('MemorySwap');
  if (swap !== undefined && swap !== memory) {
    throw denied('`HostConfig.MemorySwap` asks for swap', 'Leave it out: a container has none beside its memory.');
  }
  const cpus = host.integer('NanoCpus');
  const processes = host.integer('PidsLimit');
  const limits = {
    ...(memory === undefined ? {} : { memory_bytes: memory }),
    ...(cpus === undefined ? {} : { cpus: cpus / 1e9 }),
    ...(processes === undefined ? {} : { processes }),
  };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

/** Where a test begins with another word the daemon tests nothing, and says so to nobody. */
const testKinds: readonly string[] = ['NONE', 'CMD', 'CMD-SHELL'];

function readHealthcheck(config: Fields): Pick<StartArgs, 'healthcheck'> {
  const fields = config.fields('Healthcheck');
  const test = fields.texts('Test') ?? [];
  const [kind] = test;
  if (kind !== undefined && !testKinds.includes(kind)) {
    throw malformed(`\`Healthcheck.Test\` begins with \`${kind.slice(0, 100)}\`, not with ${testKinds.join(', ')}`);
  }
  const milliseconds = (key: string): number | undefined => {
    const nanoseconds = fields.integer(key);
    return nanoseconds === undefined ? undefined : Math.ceil(nanoseconds / 1_000_000);
  };
  const found = {
    test: kind === undefined ? undefined : test,
    interval_ms: milliseconds('Interval'),
    timeout_ms: milliseconds('Timeout'),
    start_period_ms: milliseconds('StartPeriod'),
    retries: fields.integer('Retries'),
  };
  // Docker 25 has it, and the agent speaks to older ones too.
  fields.idle('StartInterval');
  fields.done();
  const given = Object.entries(found).filter(([, value]) => value !== undefined);
  // Its keys are those of `found`.
  return given.length === 0 ? {} : { healthcheck: Object.fromEntries(given) as HealthcheckArgs };
}

/** Addresses that mean nothing else than the machine's own, or all; what is published is at 127.0.0.1. */
const ownAddresses: readonly string[] = ['', '127.0.0.1', '0.0.0.0', '::'];
const portForm = /^([0-9]{1,5})(?:\/tcp)?$/u;

function readPorts(config: Fields, host: Fields): Pick<StartArgs, 'ports'> {
  for (const port of Object.keys(config.object('ExposedPorts'))) {
    if (!/^[0-9]{1,5}(?:\/(?:tcp|udp|sctp))?$/u.test(port)) throw malformed(`\`${port.slice(0, 50)}\` is no port`);
  }
  const ports: { container: number; host: number }[] = [];
  for (const [key, list] of Object.entries(host.object('PortBindings'))) {
    const container = portForm.exec(key)?.[1];
    if (container === undefined)
      throw denied(`the port \`${key.slice(0, 50)}\` is published`, 'Publish TCP ports only.');
    if (list !== null && !Array.isArray(list)) throw malformed('`HostConfig.PortBindings` holds no list');
    for (const item of list ?? []) {
      const binding = new Fields(item, `HostConfig.PortBindings.${key}`);
      const address = binding.text('HostIp');
      const hostPort = binding.text('HostPort');
      binding.done();
      if (!ownAddresses.includes(address)) {
        throw denied(`a port is published at \`${address}\``, 'Ports are published at 127.0.0.1: name no address.');
      }
      const [, number] = /^([1-9][0-9]{0,4})$/u.exec(hostPort) ?? [];
      if (number === undefined) {
        throw denied(`the port ${container} has no single port of the machine`, 'Publish it as `HOSTPORT:PORT`.');
      }
      ports.push({ container: Number(container), host: Number(number) });
    }
  }
  return ports.length === 0 ? {} : { ports };
}

/** A name that a container has in a network. */
const aliasForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/u;
const noOtherNetworks =
  "Use `none`, the default, or a network that was made through this socket; there is no way to the machine's own.";

function readNetwork(config: Fields, host: Fields): NetworkRequest {
  const mode = host.text('NetworkMode');
  const endpoints = new Fields(config.take('NetworkingConfig'), 'NetworkingConfig');
  const given = Object.entries(endpoints.object('EndpointsConfig'));
  endpoints.done();
  const [first, second] = given;
  if (second !== undefined) throw denied('a container is made in two networks', 'Connect it to the second one later.');
  const isNamed = !['', 'default', 'bridge', 'none', 'host'].includes(mode);
  if (mode === 'host' || mode.includes(':')) throw denied(`\`HostConfig.NetworkMode\` is \`${mode}\``, noOtherNetworks);
  if (first !== undefined && first[0] !== mode && !(first[0] === 'default' || holdsNothing(first[1]))) {
    throw denied(`\`NetworkingConfig\` names \`${first[0]}\` and \`NetworkMode\` \`${mode}\``, 'Name the same.');
  }
  const aliases = first === undefined ? [] : readEndpoint(first[1]);
  if (isNamed) return { kind: 'named', name: mode, aliases };
  if (mode === 'none') return { kind: 'none' };
  return mode === 'bridge' ? { kind: 'bridge' } : { kind: 'unsaid' };
}

/** What a container is called in a network; nothing else about it can be asked for. */
export function readEndpoint(config: Json | undefined): readonly string[] {
  const endpoint = new Fields(config, 'EndpointConfig');
  const aliases = endpoint.texts('Aliases') ?? [];
  const wrong = aliases.find((alias) => !aliasForm.test(alias));
  if (wrong !== undefined) throw malformed(`\`${wrong.slice(0, 100)}\` can't be the name of a container in a network`);
  const ipam = endpoint.take('IPAMConfig');
  if (!isJsonObject(ipam ?? {}) || !holdsNothing(ipam)) throw denied('an address is asked for', 'Leave it to Docker.');
  endpoint.idle(
    'Links',
    'MacAddress',
    'DriverOpts',
    'NetworkID',
    'EndpointID',
    'Gateway',
    'IPAddress',
    'IPPrefixLen',
    'IPv6Gateway',
    'GlobalIPv6Address',
    'GlobalIPv6PrefixLen',
    'DNSNames',
    'GwPriority',
  );
  endpoint.done();
  return aliases;
}
