import type { ArchiveEntry } from '../../cli/release/archive.ts';
import { textEntry } from '../../cli/release/archive.ts';
import type { DebianFile } from './debian.ts';
import type { Dependency } from './dependencies.ts';

const licenceName = /(?:^|\/)(?:licen[cs]es?|copying|notice|copyright)[^/]*$/iu;

/** Whose everything in an archive is: a page that says where each licence lies, and those that lie nowhere else. */
export function licenceEntries(given: {
  readonly npm: readonly Dependency[];
  readonly debian: readonly DebianFile[];
  readonly nodeLicence: string;
  /** Paths of all that the archive holds of npm's packages. */
  readonly paths: readonly string[];
}): readonly ArchiveEntry[] {
  const packages = [...new Map(given.debian.map((file) => [file.package.name, file.package])).values()];
  return [
    textEntry('licences/README.md', page(given)),
    textEntry('licences/node.txt', given.nodeLicence),
    ...packages.map(({ name, copyright }) => textEntry(`licences/debian/${name}.txt`, copyright)),
  ];
}

function page(given: Parameters<typeof licenceEntries>[0]): string {
  const npm = given.npm.map((dependency) => {
    const own = `app/${dependency.place}/`;
    const files = given.paths.filter(
      (path) => path.startsWith(own) && !path.slice(own.length).includes('node_modules/'),
    );
    const texts = files.filter((path) => licenceName.test(path)).map((path) => `\`${path}\``);
    const where = texts.length === 0 ? 'no text in the package' : texts.join(', ');
    return `| ${dependency.name} ${dependency.version} | ${dependency.licence ?? 'not stated'} | ${where} |`;
  });
  const debian = given.debian.map(
    ({ file, from, sha256, package: { name, version, source, source_version } }) =>
      `| \`${file}\` | ${from} of ${name} ${version} | \`${sha256}\` | ${source} ${source_version} | \`licences/debian/${name}.txt\` |`,
  );
  return `# Whose this is

Waterflow itself is under the Apache License 2.0: \`app/LICENSE\`. What is bundled into its own files has its licences beside it:
\`app/dist/console/assets/licences.md\`, \`app/dist/runtime/guest/polyfills/LICENCES.txt\`, \`app/dist/runtime/js-engine/licences/\`.
\`node/bin/node\` is Node.js, unchanged: \`licences/node.txt\`.

## From Debian

Copied from Debian's packages. In programs the path by which they find their libraries was set with patchelf; nothing else was changed. The SHA-256
is that of Debian's own file. The sources are Debian's source packages of the name and version given here: \`apt-get source NAME=VERSION\`
on Debian, or by name and version from snapshot.debian.org. Who can't get them there gets them on request from whoever gave them this
archive, for the cost of a copy, for three years.

| here | is | SHA-256 there | source | licence |
| --- | --- | --- | --- | --- |
${debian.join('\n')}

## From npm

| package | licence | text |
| --- | --- | --- |
${npm.join('\n')}
`;
}
