import type { Fields } from './fields.ts';

/**
 * The fields of a container that the Engine API (1.41 to 1.50) has and no grant has a word for. Clients send most of them all the time,
 * with values that say nothing; one that says something is refused. What a container gets of these things is up to the agent.
 */
export function idleConfig(config: Fields): void {
  config.oneOf('Tty', [], 'There is no terminal here: leave `-t` (compose: `tty`) out.');
  config.oneOf('StopSignal', ['SIGTERM', '15'], 'Containers are stopped by SIGTERM.');
  config.idle('Hostname', 'Domainname', 'ArgsEscaped', 'NetworkDisabled', 'MacAddress', 'OnBuild');
  config.idle('StopTimeout', 'Shell');
}

/** Of HostConfig, what has to say nothing at all. */
export const idleHostFields: readonly string[] = (
  'Privileged CapAdd Devices DeviceCgroupRules DeviceRequests GroupAdd PidMode UTSMode UsernsMode ' +
  'CgroupParent Cgroup Sysctls Runtime StorageOpt VolumesFrom Links Dns DnsOptions DnsSearch ' +
  'ExtraHosts Annotations ContainerIDFile PublishAllPorts ShmSize OomScoreAdj OomKillDisable ' +
  'Ulimits CpuShares CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems ' +
  'CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth KernelMemory KernelMemoryTCP ' +
  'MemoryReservation BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps ' +
  'BlkioDeviceReadIOps BlkioDeviceWriteIOps'
).split(' ');

/** The same of its HostConfig. */
export function idleHostConfig(host: Fields): void {
  const own = 'The agent decides over it.';
  // All are dropped, whatever else is said.
  host.texts('CapDrop');
  // Always.
  host.flag('Init');
  host.oneOf('IpcMode', ['private'], own);
  host.oneOf('CgroupnsMode', ['private'], own);
  host.oneOf('Isolation', ['default'], own);
  host.oneOf('MemorySwappiness', [-1], own);
  host.oneOf('VolumeDriver', ['local'], own);
  restartNever(host);
  noNewPrivileges(host);
  logsAsUsual(host);
  noConsole(host);
  host.idle(...idleHostFields);
  // An empty list would uncover what is hidden of /proc; null is the usual.
  for (const key of ['MaskedPaths', 'ReadonlyPaths']) host.absent(key);
}

function restartNever(host: Fields): void {
  const policy = host.fields('RestartPolicy');
  policy.oneOf('Name', ['no'], 'A container is started by a step: leave `--restart` (compose: `restart`) out.');
  policy.idle('MaximumRetryCount');
  policy.done();
}

function noNewPrivileges(host: Fields): void {
  host.each('SecurityOpt', ['no-new-privileges', 'no-new-privileges:true', 'no-new-privileges=true']);
}

function logsAsUsual(host: Fields): void {
  const config = host.fields('LogConfig');
  config.oneOf('Type', ['local', 'json-file'], 'The log is kept for `logs`, as far as there is room.');
  config.idle('Config');
  config.done();
}

/** The size of the client's terminal. */
function noConsole(host: Fields): void {
  host.list('ConsoleSize');
}
