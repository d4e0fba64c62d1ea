const address = /^['"]?((?:[a-z][a-z0-9+.-]*:\/\/|git@|oci:|github\.com\/)[^\s'",\]}]*)/i;
const anyAddress = /(?:[a-z][a-z0-9+.-]*:\/\/|git@|\boci:|\bgithub\.com\/)[^\s'",\]}]*/i;

/**
 * Other files that the text of a Compose file would have fetched: `include` of addresses, and `extends` whose `file` is one. It is looked
 * for before Compose reads the file, as that would be when it fetches them; so it goes by lines, and what it can't see fails with Compose,
 * which has no network.
 */
export function remotePartsOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/(?:^|\s)#.*$/, ''));
  const found = [...includedIn(lines), ...extendedIn(lines)];
  return found.filter((part) => part !== undefined);
}

function includedIn(lines: readonly string[]): readonly (string | undefined)[] {
  let isInclude = false;
  return lines.map((line) => {
    if (/^\S/.test(line) && !line.startsWith('-')) isInclude = /^(?:include|'include'|"include")\s*:/.test(line);
    return isInclude ? anyAddress.exec(line)?.[0] : undefined;
  });
}

/** `extends: { file: … }`, or what follows the brace in further lines. */
const inBraces = /(?:^|[\s{,])['"]?extends['"]?\s*:\s*\{([^}]*)/;
/** `extends:` with what is indented further below it. */
const inBlock = /^\s*['"]?extends['"]?\s*:\s*(?:&\S+\s*)?$/;
const fileInBraces = /(?:^|[\s,])['"]?file['"]?\s*:\s*(.*)/;
const fileInBlock = /^\s*['"]?file['"]?\s*:\s*(.*)/;

/** The `extends` that a line belongs to, by how far its key is indented, and in a block its own keys. */
type Within =
  | { readonly kind: 'braces'; readonly key: number }
  | { readonly kind: 'block'; readonly key: number; own: number | undefined };

function extendedIn(lines: readonly string[]): readonly (string | undefined)[] {
  let within: Within | undefined;
  return lines.map((line) => {
    if (line.trim() === '') return undefined;
    const indent = line.length - line.trimStart().length;
    if (within !== undefined && indent <= within.key) within = undefined;
    const braces = inBraces.exec(line);
    if (braces !== null) {
      const [whole, inside = ''] = braces;
      const isOpen = line.length === braces.index + whole.length;
      within = isOpen ? { kind: 'braces', key: indent } : undefined;
      return addressOf(fileInBraces.exec(inside)?.[1]);
    }
    if (inBlock.test(line)) within = { kind: 'block', key: indent, own: undefined };
    else if (within?.kind === 'block') {
      within.own ??= indent;
      return indent === within.own ? addressOf(fileInBlock.exec(line)?.[1]) : undefined;
    }
    if (within?.kind !== 'braces') return undefined;
    const [inside = '', ...after] = line.split('}');
    if (after.length > 0) within = undefined;
    return addressOf(fileInBraces.exec(inside)?.[1]);
  });
}

function addressOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : address.exec(value)?.[1];
}
