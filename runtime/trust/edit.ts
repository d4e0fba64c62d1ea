import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml';
import type { TrustFile } from '../../schemas/generated/trust.ts';

/** A key that is not to be trusted any more, and why. */
export interface Revocation {
  readonly id: string;
  readonly reason: string;
}

/** A trust policy before anybody is in it. */
export const emptyTrust = 'version: 1\nkeys: []\n';

/**
 * The text of a trust policy, which is in order, with one more revoked key. What people wrote there stays, comments too; white space
 * within lines may change. So it is with the functions below.
 */
export function withRevokedKey(text: string, { id, reason }: Revocation): string {
  return edited(text, (document) => add(document, ['revoked', 'keys'], { id, reason }));
}

/** With one more key that is trusted. */
export function withTrustedKey(text: string, entry: TrustFile['keys'][number]): string {
  return edited(text, (document) => add(document, ['keys'], entry));
}

/** Without the keys that have these texts (`ed25519:…`). */
export function withoutTrustedKeys(text: string, keys: ReadonlySet<string>): string {
  return edited(text, (document) => {
    const list = document.get('keys');
    if (!isSeq(list)) return;
    list.items = list.items.filter((item) => !(isMap(item) && keys.has(String(item.get('key')).trim())));
  });
}

/** With other patterns of plugins for the key that has this text (`ed25519:…`); those that stay are left as they are written. */
export function withPluginsOfKey(text: string, key: string, plugins: readonly string[]): string {
  return edited(text, (document) => {
    const list = document.get('keys');
    const entry = isSeq(list) ? list.items.find((item) => isMap(item) && isOfKey(item, key)) : undefined;
    const patterns = isMap(entry) ? entry.get('plugins') : undefined;
    if (!isSeq(patterns)) return;
    const there = new Set(patterns.items.map(textOf));
    patterns.items = [
      ...patterns.items.filter((item) => plugins.includes(textOf(item))),
      ...plugins.filter((pattern) => !there.has(pattern)).map((pattern) => document.createNode(pattern)),
    ];
  });
}

function isOfKey(entry: YAMLMap, key: string): boolean {
  return String(entry.get('key')).trim() === key;
}

function textOf(item: unknown): string {
  return String(isScalar(item) ? item.value : item);
}

function edited(text: string, change: (document: Document) => void): string {
  const document = parseDocument(text);
  change(document);
  return document.toString({ lineWidth: 0 });
}

function add(document: Document, path: readonly string[], entry: object): void {
  const list = document.getIn(path);
  // `[]` would have all that is added on its own line.
  if (isSeq(list) && list.items.length > 0) document.addIn(path, document.createNode(entry));
  else document.setIn(path, document.createNode([entry]));
}
