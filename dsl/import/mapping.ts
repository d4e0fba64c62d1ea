import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from 'yaml';
import { quote } from '../quote.ts';
import type { ImportPlace, ImportRecord, Path, Remark } from './record.ts';

/** A key of a mapping with its value, as a rule sees it. */
export interface MappingField {
  readonly key: string;
  readonly value: unknown;
  readonly place: ImportPlace;
  readonly map: YAMLMap;
  readonly pair: Pair;
}

/** What becomes of a key. Changes the document in place. */
export type KeyRule = (field: MappingField, record: ImportRecord) => void;

/** The keys of a kind of mapping, each with its rule. */
export interface KeyRules {
  /** For messages: `a job`. */
  readonly what: string;
  readonly rules: Readonly<Record<string, KeyRule>>;
}

/** A mapping of the document, with the path that leads to it. */
export interface PlacedMap {
  readonly map: YAMLMap;
  readonly path: Path;
}

/** The keys of a mapping, in their order. */
export function fieldsOf({ map, path }: PlacedMap): readonly MappingField[] {
  return map.items.map((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    return { key, value: pair.value, place: { path: [...path, key], offset: offsetOf(pair.key) }, map, pair };
  });
}

/** Applies to each key its rule; one that has none is taken out and needs hands. */
export function applyRules(placed: PlacedMap, { what, rules }: KeyRules, record: ImportRecord): void {
  for (const field of fieldsOf(placed)) {
    const rule = Object.hasOwn(rules, field.key) ? rules[field.key] : undefined;
    if (rule === undefined) {
      remove(field, record, {
        outcome: 'todo',
        message: `${quote(field.key)} is no key of ${what} that could be imported`,
        remedy: 'Correct its name, or do without it.',
      });
    } else rule(field, record);
  }
}

/** The key is the same here. */
export const keep: KeyRule = () => {};

/** A rule that takes the key out, for a reason. */
export function without(remark: Remark): KeyRule {
  return (field, record) => remove(field, record, remark);
}

/** Takes a key out of its mapping and says so. */
export function remove(field: MappingField, record: ImportRecord, remark: Remark): void {
  record.add(field.place, remark);
  const index = field.map.items.indexOf(field.pair);
  if (index !== -1) field.map.items.splice(index, 1);
}

/** Replaces the value of a key and says so. Its comment stays. */
export function replace(field: MappingField, record: ImportRecord, change: { readonly value: unknown } & Remark): void {
  const { value, ...remark } = change;
  record.add(field.place, remark);
  const scalar = new Scalar(value);
  if (isNode(field.value) && typeof field.value.comment === 'string') scalar.comment = field.value.comment;
  field.pair.value = scalar;
}

/** The value of a scalar; undefined for anything else. */
export function scalarValue(node: unknown): unknown {
  return isScalar(node) ? node.value : undefined;
}

/** The text of a scalar, numbers as they are written; undefined for anything else. */
export function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
}

/** Where a node begins; 0 where it was not in the file. */
export function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Writes each alias out, so that every place can be changed on its own. The reader has bounded what that makes of a file. */
export function writeAliasesOut(document: Document): void {
  const expand = (node: unknown): unknown => {
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target === undefined ? node : expand(withoutAnchor(target.clone()));
    }
    if (isMap(node) || isSeq(node)) node.items = node.items.map(expand);
    if (isPair(node)) node.value = expand(node.value);
    return node;
  };
  // A document's contents are a node, and expand() gives nodes for nodes.
  document.contents = expand(document.contents) as typeof document.contents;
  dropAnchors(document.contents);
}

function withoutAnchor(node: unknown): unknown {
  if (isScalar(node) || isMap(node) || isSeq(node)) delete node.anchor;
  return node;
}

function dropAnchors(node: unknown): void {
  withoutAnchor(node);
  if (isMap(node) || isSeq(node)) for (const item of node.items) dropAnchors(item);
  if (isPair(node)) {
    dropAnchors(node.key);
    dropAnchors(node.value);
  }
}
