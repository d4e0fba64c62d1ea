/** Images in the place of those that deploy/compose takes from a registry, made of this machine's Debian and of Temporal's own programs: each begins as the one that it stands in for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresPrograms } from '../../storage/records/testing/postgres.ts';
import { layDown } from '../../tools/images/debian-root.ts';
import { temporalServerFolder } from '../require.ts';

/** What an image is made of. */
interface StandIn {
  readonly packages: readonly string[];
  /** Where each goes, by what it is copied from. */
  readonly files: Readonly<Record<string, string>>;
  /** How it begins, as lines of a Dockerfile. */
  readonly dockerfile: readonly string[];
}

/** By the variables of .env that name them. */
export const standIns: Readonly<Record<string, string>> = {
  POSTGRES_IMAGE: 'waterflow.test/postgres:15',
  TEMPORAL_IMAGE: 'waterflow.test/temporal-server:1.30.4',
  TEMPORAL_ADMIN_IMAGE: 'waterflow.test/temporal-admin-tools:1.30.4',
  NGINX_IMAGE: 'waterflow.test/nginx:1',
};

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const users = 'root:x:0:0:root:/root:/bin/sh\npostgres:x:70:70::/var/lib/postgresql:/bin/sh\n';
const groups = 'root:x:0:\npostgres:x:70:\n';

/** Makes them all. The schema's files are those of Temporal's module, as Go keeps it. */
export function makeStandIns(): void {
  const programs = postgresPrograms();
  const [major = ''] = /\d+/u.exec(programs) ?? [];
  const temporal = (name: string): string => join(temporalServerFolder(), name);
  const module = goModule('go.temporal.io/server@v1.30.4');
  const made: Readonly<Record<string, StandIn>> = {
    POSTGRES_IMAGE: {
      packages: [`postgresql-${major}`, 'bash', 'dash', 'coreutils', 'findutils', 'util-linux'],
      files: { [path('postgres.sh')]: '/usr/local/bin/postgres.sh' },
      dockerfile: [`ENV PATH=${programs}:/usr/bin:/bin`, 'ENTRYPOINT ["/usr/local/bin/postgres.sh"]'],
    },
    TEMPORAL_IMAGE: {
      packages: ['libc6', 'bash', 'dash', 'coreutils'],
      files: {
        [temporal('temporal-server')]: '/usr/local/bin/temporal-server',
        [path('nc.sh')]: '/usr/local/bin/nc',
      },
      dockerfile: ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'USER 1000'],
    },
    TEMPORAL_ADMIN_IMAGE: {
      packages: ['libc6', 'bash', 'dash', 'coreutils'],
      files: {
        [temporal('temporal-sql-tool')]: '/usr/local/bin/temporal-sql-tool',
        [which(process.env['WATERFLOW_TEMPORAL'] ?? 'temporal')]: '/usr/local/bin/temporal',
        [join(module, 'schema')]: '/etc/temporal/schema',
      },
      dockerfile: ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'USER 1000'],
    },
    NGINX_IMAGE: {
      packages: ['nginx-light', 'bash', 'dash', 'coreutils'],
      files: {},
      dockerfile: ['ENV PATH=/usr/sbin:/usr/bin:/bin', 'USER 101', 'CMD ["nginx", "-g", "daemon off;"]'],
    },
  };
  for (const [variable, image] of Object.entries(made)) makeImage(standIns[variable] ?? '', image);
}

function makeImage(tag: string, { packages, files, dockerfile }: StandIn): void {
  const context = mkdtempSync(join(tmpdir(), `waterflow-${basename(tag).replace(':', '-')}-`));
  try {
    chmodSync(context, 0o755);
    const tree = join(context, 'root');
    layDown(packages, tree);
    for (const [from, to] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, to)), { recursive: true });
      cpSync(from, join(tree, to), { recursive: true, dereference: true });
      // Modules are kept read-only, and scripts of a checkout may be nothing that runs.
      execFileSync('chmod', ['-R', 'u+w,a+rX', join(tree, to)]);
      if (to.startsWith('/usr/local/bin/')) chmodSync(join(tree, to), 0o755);
    }
    for (const name of ['etc', 'tmp', 'run', 'root', 'var']) mkdirSync(join(tree, name), { recursive: true });
    // A tmpfs there gets the same mode.
    chmodSync(join(tree, 'tmp'), 0o1777);
    writeFileSync(join(tree, 'etc/passwd'), users);
    writeFileSync(join(tree, 'etc/group'), groups);
    // The files last: some storage drivers copy for each line all that is there already.
    const lines = ['FROM scratch', ...dockerfile, 'COPY root/ /'];
    writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    execFileSync('docker', ['build', '--quiet', '--network=none', '--tag', tag, context], {
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function which(command: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', command], { encoding: 'utf8' }).trim();
}

/** Where Go keeps a module that it has fetched, or fetches it now. */
function goModule(name: string): string {
  const { stdout, status, stderr } = spawnSync('go', ['mod', 'download', '-json', name], {
    encoding: 'utf8',
    cwd: '/',
  });
  if (status !== 0) throw new Error(`go mod download ${name}: ${stdout}${stderr}`);
  const { Dir } = JSON.parse(stdout) as { readonly Dir: string }; // As Go says it.
  return Dir;
}
