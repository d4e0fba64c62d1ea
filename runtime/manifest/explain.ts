import { isJsonList } from '../../schemas/index.ts';
import type { Misfit } from '../documents/schema-document.ts';
import type { Problem } from '../documents/yaml-document.ts';

/** What a manifest's author probably meant by a version that is none, or a list of required properties; undefined for anything else. */
export function explainMisfit({ path, keyword, value, written }: Misfit): Problem | undefined {
  const [part, name, word, ...below] = path;
  if ((part === 'inputs' || part === 'outputs') && word === 'required' && below.length === 0 && isJsonList(value)) {
    return {
      message: `\`required\` of a field is true or false: whether \`${String(name)}\` itself must be there`,
      remedy: `Say which of its properties must be there by \`allOf: [{ required: ${JSON.stringify(value)} }]\`.`,
    };
  }
  if (path.length !== 1 || path[0] !== 'version' || (keyword !== 'type' && keyword !== 'pattern')) return undefined;
  const isNumber = typeof value === 'number';
  return {
    message: isNumber
      ? `\`${written}\` is read as a number, and a version has three: MAJOR.MINOR.PATCH`
      : `\`${written}\` is no semantic version, which is MAJOR.MINOR.PATCH`,
    remedy: `Write \`version: ${nearestVersion(written)}\`.`,
  };
}

/** `v1.1` -> `1.1.0`. */
function nearestVersion(written: string): string {
  const [, major = '1', minor = '0', patch = '0', label = ''] =
    /^\s*v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?[.\d]*(-[0-9A-Za-z.-]+)?\s*$/i.exec(written) ?? [];
  return `${[major, minor, patch].map(Number).join('.')}${label}`;
}
