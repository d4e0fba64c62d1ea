// `npm run test:kubernetes`: renders what deploy/kubernetes has by kustomize, and holds each resource against the schemas of several versions of Kubernetes,
// strictly: a field that none of them knows is refused. It needs kubectl, and Python with pip: the schemas come with the package kubernetes-validate. Ends with
// 1 where something doesn't fit, with 2 where a tool is missing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const validator = 'kubernetes-validate==1.37.0';
const versions = ['1.31.0', '1.33.0', '1.35.0', '1.37.0'];
const bases = ['base', 'agents'];
const manifests = fileURLToPath(new URL('../deploy/kubernetes', import.meta.url));

process.exitCode = main();

function main(): number {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-kubernetes-'));
  try {
    return checkAll(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkAll(scratch: string): number {
  const environment = join(scratch, 'python');
  const bin = (name: string): string => join(environment, 'bin', name);
  if (run('python3', ['-m', 'venv', environment]).status !== 0) return missing('install Python 3 with venv');
  const installed = run(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', validator]);
  if (installed.status !== 0) return missing(`let pip reach a registry that has ${validator}`);
  let failures = 0;
  for (const base of bases) {
    const rendered = run('kubectl', ['kustomize', join(manifests, base)]);
    if (rendered.status === null) return missing('install kubectl');
    if (rendered.status !== 0) {
      process.stderr.write(rendered.stderr);
      failures += 1;
      continue;
    }
    for (const version of versions) {
      const accepts = (text: string): boolean => {
        const file = join(scratch, `${base}.yaml`);
        writeFileSync(file, text);
        const { status, stdout, stderr } = run(bin('kubernetes-validate'), ['--strict', '-k', version, file]);
        if (status !== 0) process.stderr.write(text === rendered.stdout ? stdout + stderr : '');
        return status === 0;
      };
      const isFit = accepts(rendered.stdout);
      // One that takes everything would say nothing.
      const isStrict = !accepts(rendered.stdout.replace('serviceAccountName:', 'serviceAccount_Name:'));
      process.stdout.write(`${base} as Kubernetes ${version} has it: ${isFit ? 'fits' : 'does not fit'}\n`);
      if (!isStrict) process.stdout.write(`${base}: a field that there isn't was not refused\n`);
      failures += (isFit ? 0 : 1) + (isStrict ? 0 : 1);
    }
  }
  process.stdout.write(`${bases.length * versions.length - failures} passed, ${failures} failed\n`);
  return failures === 0 ? 0 : 1;
}

function missing(remedy: string): number {
  process.stderr.write(`the manifests were not checked: ${remedy}\n`);
  return 2;
}

function run(command: string, argv: readonly string[]) {
  return spawnSync(command, argv, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
