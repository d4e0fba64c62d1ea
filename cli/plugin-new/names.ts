import { lookAlike } from '../../runtime/packages/index.ts';

const pattern = /^[a-z][a-z0-9-]{0,63}$/;
const longest = 64;

/** What is wrong with a plugin's name, and a name that would do. */
export interface WrongName {
  readonly message: string;
  readonly proposal: string;
}

/** Whether a new plugin may have this name; undefined where it may. */
export function wrongName(name: string, builtIn: ReadonlySet<string>): WrongName | undefined {
  if (!pattern.test(name)) {
    const message = `\`${name}\` is no name for a plugin: small letters, digits and hyphens, a letter first, 64 at most`;
    return { message, proposal: freeName(spelled(name), builtIn) };
  }
  if (builtIn.has(name))
    return { message: `\`${name}\` is a node that comes with Waterflow`, proposal: freeName(`my-${name}`, builtIn) };
  const other = [...builtIn].find((each) => lookAlike(name, each));
  if (other === undefined) return undefined;
  const message = `\`${name}\` looks like \`${other}\`, which comes with Waterflow, so nobody could install it`;
  return { message, proposal: freeName(`my-${name}`, builtIn) };
}

/** As near to a wrong name as a right one can be: without accents, other characters as hyphens. */
function spelled(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '');
  return words === '' ? 'my-plugin' : words.slice(0, longest).replace(/-+$/, '');
}

function freeName(name: string, builtIn: ReadonlySet<string>): string {
  const isTaken = builtIn.has(name) || [...builtIn].some((each) => lookAlike(name, each));
  return (isTaken ? `my-${name}` : name).slice(0, longest).replace(/-+$/, '');
}
