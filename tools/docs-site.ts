// `npm run docs`: makes dist/docs/, a site of docs/ that can be read from any web server without a network. `-- --check` looks at links alone.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository, sidebarOf, sitePages, siteTextOf } from './docs-site/pages.ts';

const site = join(repository, 'tools', 'docs-site');
process.exitCode = main(process.argv.slice(2));

function main(argv: readonly string[]): number {
  const unknown = argv.filter((word) => word !== '--check');
  if (unknown.length > 0) {
    process.stderr.write(`error: unknown argument ${unknown[0]}; there is --check\n`);
    return 2;
  }
  const pages = sitePages();
  const texts = pages.map((page) => ({ page, ...siteTextOf(page, pages) }));
  const problems = texts.flatMap((each) => each.problems);
  for (const { file, line, message } of problems) process.stderr.write(`${file}:${line}: ${message}\n`);
  if (problems.length > 0) return 1;
  if (argv.includes('--check')) return 0;

  const folder = join(site, 'pages');
  rmSync(folder, { recursive: true, force: true });
  for (const { page, text, pictures } of texts) {
    write(join(folder, page.address), text);
    for (const picture of pictures) copy(join(repository, picture), join(folder, 'public', picture));
  }
  copy(join(repository, 'console', 'icon.svg'), join(folder, 'public', 'icon.svg'));
  write(join(folder, 'sidebar.json'), JSON.stringify(sidebarOf(pages)));
  return install() ?? run('node_modules/vitepress/bin/vitepress.js', ['build']);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** What makes the site is installed apart, when it is first made. Gives an exit code where that fails. */
function install(): number | undefined {
  if (existsSync(join(site, 'node_modules', 'vitepress'))) return undefined;
  process.stderr.write('Installing what makes the site (once)...\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: site,
    stdio: 'inherit',
  });
  return status === 0 ? undefined : (status ?? 1);
}

function run(script: string, argv: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [script, ...argv], { cwd: site, stdio: 'inherit' });
  return status ?? 1;
}
