/** Whether it is a whole version, as 1.4.0 or 1.4.0-rc.1. */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(text);
}

/** Orders versions from low to high by the precedence of Semantic Versioning 2.0.0, section 11. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  return compareLists(left.numbers, right.numbers) || comparePrereleases(left.prerelease, right.prerelease);
}

/** Orders plugins by their names, and versions of one from low to high. */
export function compareNamed(one: Named, other: Named): number {
  return (one.name < other.name ? -1 : Number(one.name > other.name)) || compareVersions(one.version, other.version);
}

interface Named {
  readonly name: string;
  readonly version: string;
}

/** The number before the first dot: versions that share it stand in one place of a plugin folder. */
export function majorOf(version: string): string {
  return version.split('.')[0] ?? '';
}

interface Parts {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
}

function partsOf(version: string): Parts {
  const dash = version.indexOf('-');
  const [core, rest] = dash === -1 ? [version, ''] : [version.slice(0, dash), version.slice(dash + 1)];
  return { numbers: core.split('.'), prerelease: rest === '' ? [] : rest.split('.') };
}

/** A version without a pre-release is above those with one. */
function comparePrereleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return Number(one.length === 0) - Number(other.length === 0);
  return compareLists(one, other);
}

function compareLists(one: readonly string[], other: readonly string[]): number {
  for (const [index, left] of one.entries()) {
    const right = other[index];
    if (right === undefined) return 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

/** Numbers are below words and in the order of numbers, of any length. */
function compareIdentifiers(one: string, other: string): number {
  const [isNumber, otherIsNumber] = [/^\d+$/u.test(one), /^\d+$/u.test(other)];
  if (isNumber !== otherIsNumber) return isNumber ? -1 : 1;
  if (isNumber) {
    const difference = BigInt(one) - BigInt(other);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  return one < other ? -1 : Number(one > other);
}
