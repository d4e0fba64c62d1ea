import { definePlugin, type Plugin } from 'waterflow/plugin';
import { readPage, resolveLink } from './page.ts';

interface Inputs {
  readonly folder: string;
  readonly version: string;
  readonly pages: readonly string[];
}

interface Outputs {
  readonly pages: number;
  readonly links: number;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async ({ folder, version, pages }, host) => {
  const paths = await host.fs.glob(`${folder}/**`);
  const files = new Set(paths.map((path) => path.slice(folder.length + 1)));
  const problems = pages.filter((page) => !files.has(page)).map((page) => `${page} is missing`);
  const found = [...files].filter((file) => file.endsWith('.html'));
  let links = 0;
  for (const file of found) {
    const page = readPage(await host.fs.read(`${folder}/${file}`));
    if (page.version !== version) problems.push(`${file} is of version ${page.version ?? 'nothing'}, not ${version}`);
    for (const link of page.links) {
      links += 1;
      const target = resolveLink(file, link);
      if (target === undefined || !files.has(target)) problems.push(`${file} links to ${link}, which is not there`);
    }
  }
  for (const problem of problems) host.log(problem);
  if (problems.length > 0) throw new Error(`${problems.length} problems, the first: ${problems[0]}`);
  host.log(`${found.length} pages and ${links} links are all right`);
  return { pages: found.length, links };
});
export default plugin;
