/** A key that no service may have. */
export interface DeniedKey {
  /** Values that the agent does pass on, or that ask for nothing. */
  readonly except?: RegExp;
  readonly remedy: string;
}

const noWindows = 'leave it out';
const noNamespaces = "no container sees the machine's own";
const noDevices = 'no container has devices';
const noNames = 'others find a service by its name';
const noHooks = 'run it by `exec`';
const noResolver = 'names are found as the network has it';
const noShares = 'limit it by `cpus`';
const memoryAlone = 'limit it by `mem_limit`';
const noTuning = "leave it to Docker's defaults";
const startedOnce = 'a container is started by a step, once';

/**
 * Keys of a service that the agent's docker socket denies whatever is granted, and what to do instead: the keys by which Compose fills the
 * fields that the socket has no word for. A dot leads into the key's own mapping.
 */
export const deniedKeys: Readonly<Record<string, DeniedKey>> = {
  privileged: { remedy: 'no container has privileges' },
  network_mode: { except: /^(?:none|bridge|default)$/, remedy: "a service has the step's `network`" },
  pid: { remedy: "no container sees others' processes" },
  ipc: { except: /^private$/, remedy: "no container shares others' memory" },
  uts: { remedy: noNamespaces },
  cgroup: { except: /^private$/, remedy: noNamespaces },
  userns_mode: { remedy: 'no container has the users of the machine' },
  devices: { remedy: noDevices },
  device_cgroup_rules: { remedy: noDevices },
  gpus: { remedy: noDevices },
  cap_add: { remedy: 'no container has capabilities' },
  security_opt: { except: /^no-new-privileges(?:[:=]true)?$/, remedy: 'no container changes its confinement' },
  cgroup_parent: { remedy: 'no container chooses its control group' },
  group_add: { remedy: 'no container has further groups' },
  sysctls: { remedy: "no container changes the kernel's settings" },
  runtime: { remedy: 'no container chooses what runs it' },
  platform: { remedy: "leave it out: it is the machine's" },
  isolation: { except: /^default$/, remedy: noWindows },
  credential_spec: { remedy: noWindows },
  annotations: { remedy: 'give it by `labels`' },
  volumes_from: { remedy: 'name the volume in both' },
  volume_driver: { except: /^local$/, remedy: 'it is local' },
  tmpfs: { except: /^[^:]*(?::rw)?$/, remedy: 'name the folder alone, without options' },
  storage_opt: { remedy: noTuning },
  restart: { except: /^no$/, remedy: startedOnce },
  stop_signal: { except: /^(?:SIGTERM|15)$/, remedy: 'containers are stopped by SIGTERM' },
  stop_grace_period: { remedy: 'containers get ten seconds to stop' },
  hostname: { remedy: noNames },
  domainname: { remedy: noNames },
  links: { remedy: noNames },
  external_links: { remedy: noNames },
  mac_address: { remedy: 'leave it to Docker' },
  dns: { remedy: noResolver },
  dns_opt: { remedy: noResolver },
  dns_search: { remedy: noResolver },
  extra_hosts: { remedy: 'no container gets names for addresses' },
  tty: { remedy: 'there is no terminal here' },
  'logging.driver': { except: /^(?:local|json-file)$/, remedy: 'the log is kept for `logs`' },
  'logging.options': { remedy: 'the log is kept for `logs`, as far as there is room' },
  'healthcheck.start_interval': { remedy: 'leave it out: `interval` holds from the beginning' },
  ulimits: { remedy: noTuning },
  shm_size: { remedy: 'mount a folder by `tmpfs`' },
  blkio_config: { remedy: noTuning },
  cpuset: { remedy: noShares },
  cpu_shares: { remedy: noShares },
  cpu_count: { remedy: noShares },
  cpu_percent: { remedy: noShares },
  cpu_period: { remedy: noShares },
  cpu_quota: { remedy: noShares },
  cpu_rt_period: { remedy: noShares },
  cpu_rt_runtime: { remedy: noShares },
  mem_reservation: { remedy: memoryAlone },
  mem_swappiness: { except: /^-1$/, remedy: memoryAlone },
  oom_score_adj: { remedy: memoryAlone },
  oom_kill_disable: { remedy: memoryAlone },
  use_api_socket: { remedy: 'no container gets a Docker socket' },
  secrets: { remedy: 'give it by `env`, or as a folder of `mounts`' },
  configs: { remedy: 'give it by `env`, or as a folder of `mounts`' },
  provider: { remedy: 'no program of the machine is run for a service' },
  models: { remedy: 'no program of the machine is run for a service' },
  post_start: { remedy: noHooks },
  pre_stop: { remedy: noHooks },
};

/** The same of what Compose 2 reads, and version 1 passes over. */
export const deniedDeployments: Readonly<Record<string, DeniedKey>> = {
  'deploy.resources.reservations.devices': { remedy: noDevices },
  'deploy.resources.reservations.memory': { remedy: 'limit it by `deploy.resources.limits`' },
  'deploy.restart_policy.condition': { except: /^(?:none|no)$/, remedy: startedOnce },
  'deploy.restart_policy.max_attempts': { remedy: startedOnce },
};

/** The same of how a service is in a network. */
export const deniedInNetworks: readonly string[] = [
  'ipv4_address',
  'ipv6_address',
  'link_local_ips',
  'mac_address',
  'driver_opts',
  'interface_name',
  'gw_priority',
];

/** The same of `build`. */
export const deniedInBuilds: readonly string[] = [
  'privileged',
  'ssh',
  'secrets',
  'entitlements',
  'additional_contexts',
  'cache_from',
  'extra_hosts',
  'isolation',
  'platforms',
  'pull',
  'shm_size',
  'ulimits',
];
