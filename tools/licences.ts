/** Which licences what is shipped may have. */

/** In so far as it is read here. */
export interface LockedPackages {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  /** Needed for building and testing alone. */
  readonly dev?: boolean;
}

/** They ask for their text and their notice, and for nothing of what is shipped with them. */
const fine: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);

/** Packages whose package.json names none in the usual way, by what their licence file says. */
const read: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  'cpu-features': 'MIT',
  ssh2: 'MIT',
  unionfs: 'Unlicense',
};

/** What is wrong, each as a line: a licence that isn't known to be fine, and an exception that nothing needs any more. */
export function licenceProblems({ packages }: LockedPackages): readonly string[] {
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const named = shipped.map(([path, { version = '?', license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, licence: license ?? read[name] };
  });
  const unknown = named.filter(({ licence }) => licence === undefined || !isFine(licence));
  const needless = Object.keys(read).filter((name) => !shipped.some(([path]) => path.endsWith(`node_modules/${name}`)));
  return [
    ...unknown.map(({ name, version, licence }) => {
      return `${name}@${version} has the licence ${licence ?? 'that nobody knows'}: see tools/licences.ts`;
    }),
    ...needless.map((name) => `${name} is not shipped any more: take it out of tools/licences.ts`),
  ];
}

/** An SPDX expression: of several joined by AND each, by OR one. */
function isFine(expression: string): boolean {
  const words = expression.replaceAll(/[()]/gu, '');
  if (words.includes(' OR ')) return words.split(' OR ').some(isFine);
  return words.split(' AND ').every((word) => fine.has(word.trim()));
}
