import { accessSync, constants, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** What the process finds that it can do: the facts that confinement is to take away. Nothing here is a guest's code. */
export interface ConfinementFacts {
  readonly uid: number;
  readonly environment: readonly string[];
  readonly root: readonly string[];
  /** Network interfaces beside the loopback. */
  readonly interfaces: readonly string[];
  readonly can: {
    readonly connect: boolean;
    readonly listen: boolean;
    readonly spawn: boolean;
    readonly write_root: boolean;
    readonly read_etc: boolean;
    readonly read_proc: boolean;
    readonly signal_agent: boolean;
  };
}

/** Tries each of them for real. */
export async function inspect(): Promise<ConfinementFacts> {
  return {
    uid: process.getuid?.() ?? -1,
    environment: Object.keys(process.env),
    root: attempted(() => readdirSync('/')) ?? [],
    interfaces: (attempted(() => Object.keys(networkInterfaces())) ?? []).filter((name) => name !== 'lo'),
    can: {
      connect: await canConnect(),
      listen: await canListen(),
      spawn: await canSpawn(),
      write_root: attempted(() => (writeFileSync('/waterflow-probe', ''), true)) ?? false,
      read_etc: attempted(() => readFileSync('/etc/passwd').byteLength > 0) ?? false,
      read_proc: attempted(() => (accessSync('/proc/self/status', constants.R_OK), true)) ?? false,
      signal_agent: attempted(() => process.ppid > 1 && process.kill(process.ppid, 0)) ?? false,
    },
  };
}

function attempted<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Discard, port 9: whether anything answers doesn't matter, only whether the kernel lets a socket be made. */
async function canConnect(): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: 9 });
    socket.on('connect', () => resolve(true));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

async function canListen(): Promise<boolean> {
  const { createServer } = await import('node:net');
  return new Promise<boolean>((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port: 0 }, () => server.close(() => resolve(true)));
  });
}

async function canSpawn(): Promise<boolean> {
  try {
    const { spawnSync } = await import('node:child_process');
    return spawnSync(process.execPath, ['--version']).status === 0;
  } catch {
    return false;
  }
}
