import { spawnSync } from 'node:child_process';

/** A program of the machine that some tests need; each is looked for once. */
interface Service {
  /** Exits with 0 where the service works here. */
  readonly probe: readonly [string, ...string[]];
  readonly fix: string;
}

const services = {
  bwrap: {
    probe: ['bwrap', '--unshare-all', '--unshare-user', '--ro-bind', '/', '/', '--proc', '/proc', '--', 'true'],
    fix: 'install bubblewrap and allow user namespaces',
  },
  docker: { probe: ['docker', 'info'], fix: 'install Docker and start its daemon' },
  ssh: { probe: ['ssh', '-V'], fix: 'install openssh-client and openssh-server' },
  nginx: { probe: ['nginx', '-v'], fix: 'install nginx' },
  postgres: {
    probe: ['sh', '-c', 'command -v postgres || ls /usr/lib/postgresql/*/bin/postgres'],
    fix: 'install postgresql',
  },
  chromium: { probe: ['sh', '-c', 'chromium --version || chromium-browser --version'], fix: 'install chromium' },
  temporal: { probe: ['temporal', '--version'], fix: "install Temporal's command line" },
} as const satisfies Readonly<Record<string, Service>>;

export type ServiceName = keyof typeof services;

const found = new Map<ServiceName, boolean>();

/**
 * Whether the tests that need this run here: `test.skipIf(!needs('bwrap'))`. Says why not and what to do about it. A name in
 * WATERFLOW_REQUIRE (separated by commas) must be there: then its absence fails the tests instead of skipping them.
 */
export function needs(name: ServiceName): boolean {
  const known = found.get(name);
  if (known !== undefined) return known;
  const { probe, fix } = services[name];
  const [program, ...args] = probe;
  const result = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const works = result.status === 0;
  found.set(name, works);
  if (works) return true;
  const reason = result.error?.message ?? result.stderr.trim().split('\n').at(-1) ?? `exit code ${result.status}`;
  if (required().includes(name)) throw new Error(`${name} is required here and doesn't work: ${reason}; ${fix}`);
  process.stderr.write(`skipped: tests that need ${name} (${reason}); to run them, ${fix}\n`);
  return false;
}

function required(): readonly string[] {
  return (process.env['WATERFLOW_REQUIRE'] ?? '').split(',').map((name) => name.trim());
}
