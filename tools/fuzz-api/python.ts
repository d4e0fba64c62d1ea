import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The version whose checks the API is known to pass: a newer one may look for more. */
const schemathesis = 'schemathesis==4.32.5';

/** Installing takes seconds from a mirror near by; a network that swallows packets must not hold up everything. */
const longestInstallMs = 300_000;

/** Schemathesis's command, or why there is none. */
export type Installed = { readonly command: string } | { readonly problem: string };

/** Installs schemathesis into a virtual environment of its own in `folder`. */
export async function installSchemathesis(folder: string): Promise<Installed> {
  const environment = join(folder, 'python');
  const made = await run('python3', ['-m', 'venv', environment]);
  if (made !== undefined) {
    return {
      problem: `python3 makes no virtual environment: ${made}\nInstall Python 3 with venv (Debian: python3-venv).`,
    };
  }
  const pip = join(environment, 'bin', 'pip');
  const installed = await run(pip, ['install', '--quiet', '--disable-pip-version-check', schemathesis]);
  if (installed !== undefined) {
    return {
      problem: `pip can't install ${schemathesis}: ${installed}\nLet it reach PyPI, or name a mirror in PIP_INDEX_URL.`,
    };
  }
  return { command: join(environment, 'bin', 'schemathesis') };
}

/** Whether {@link installSchemathesis} would find what it needs, without installing it all. */
export function canInstallSchemathesis(): boolean {
  return succeeds(['-c', 'import ensurepip, venv']) && canInstall(schemathesis);
}

/** Whether pip reaches a package, without installing it. */
export function canInstall(requirement: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-pip-'));
  try {
    return succeeds(['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, requirement]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function succeeds(argv: readonly string[]): boolean {
  return spawnSync('python3', argv, { stdio: 'ignore', timeout: longestInstallMs }).status === 0;
}

/** What a command said that failed; undefined where it didn't. */
function run(command: string, argv: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'], timeout: longestInstallMs });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : said.trim() || `it ended with ${signal ?? code}`),
    );
  });
}
