import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { assertNever } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { Report, Span } from '../source/report.ts';
import type { MappingEntry, MappingNode, ScalarNode, ScalarStyle, TreeNode } from './node.ts';
import { explainTag } from './syntax-errors.ts';
import { quoteStar } from './syntax-fixes.ts';

/**
 * What aliases may multiply a file's values to. A file without aliases stays far below it, and what is
 * above it would only be a way to make little text cost much time.
 */
const mostExpandedNodes = 25_000;

/** A text counts as one value for each so many characters: what stands in it is read again at each of its aliases. */
const charactersOfValue = 256;
/** Where it has expressions, they may follow each other closely, and each is read. */
const charactersOfExpression = 8;

/** A document -> the positioned tree, with aliases and merge keys followed and duplicate keys, tags and odd keys reported. */
export function buildTree(document: Document.Parsed, text: string, report: Report): TreeNode {
  const builder = new TreeBuilder(text, report);
  return builder.build(document.contents, { start: 0, end: 1 });
}

/** A finished node, and how many nodes it is once its aliases are followed. */
interface Built {
  readonly node: TreeNode;
  readonly size: number;
}

class TreeBuilder {
  readonly #text: string;
  readonly #report: Report;
  readonly #anchors = new Map<string, Built>();
  /** Anchors whose values are not finished yet: an alias to one of them would contain itself. */
  readonly #open = new Set<string>();
  readonly #sizes = new WeakMap<TreeNode, number>();
  /** How many values the aliases so far have added. */
  #expanded = 0;

  constructor(text: string, report: Report) {
    this.#text = text;
    this.#report = report;
  }

  /** `place` is where a value that isn't written would stand. */
  build(node: unknown, place: Span): TreeNode {
    if (isAlias(node)) return this.#follow(node.source, spanOf(node.range, place));
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#open.add(anchor);
    const built = this.#compose(node, place);
    if (anchor !== undefined) {
      this.#open.delete(anchor);
      this.#anchors.set(anchor, { node: built, size: this.#sizeOf(built) });
    }
    return built;
  }

  #compose(node: unknown, place: Span): TreeNode {
    if (isScalar(node)) return this.#scalar(node, place);
    if (isSeq(node)) {
      const span = spanOf(node.range, place);
      if (this.#hasForeignTag(node.tag, span)) return { kind: 'invalid', span };
      let end = span.start;
      const items = node.items.map((item) => {
        // `[a: 1]` is a list of a one-entry mapping.
        if (isPair(item)) return this.#mapping([item], span);
        const dash = node.flow === true ? -1 : this.#text.indexOf('-', end);
        end = isNode(item) ? (item.range?.[2] ?? end) : end;
        return this.build(item, dash === -1 ? span : { start: dash, end: dash + 1 });
      });
      return this.#sized({ kind: 'sequence', items, span }, items);
    }
    if (isMap(node)) {
      const span = spanOf(node.range, place);
      if (this.#hasForeignTag(node.tag, span)) return { kind: 'invalid', span };
      return this.#mapping(node.items, span);
    }
    return { kind: 'scalar', value: null, text: '', style: 'plain', span: place };
  }

  #scalar(scalar: Scalar, place: Span): TreeNode {
    const written = spanOf(scalar.range, place);
    const span = written.start === written.end && scalar.type === 'PLAIN' ? place : written;
    if (this.#hasForeignTag(scalar.tag, span)) return { kind: 'invalid', span };
    const { value } = scalar;
    const text = scalar.source ?? '';
    const style = styleOf(scalar.type);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#report.error(span, {
        code: 'INVALID_VALUE',
        message: `${quote(text)} is no number that JSON can hold`,
        remedy: 'Put it into quotes if it is text.',
      });
      return { kind: 'invalid', span };
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
      return { kind: 'scalar', value, text, style, span };
    }
    return { kind: 'scalar', value: text, text, style, span };
  }

  #mapping(pairs: readonly Pair[], span: Span): TreeNode {
    const entries: MappingEntry[] = [];
    const merged: MappingEntry[] = [];
    const places = new Map<string, Span>();
    for (const pair of pairs) {
      const key = this.#key(pair.key, span);
      if (key === undefined) continue;
      const value = this.build(pair.value, key.span);
      if (key.text === '<<' && key.style === 'plain') {
        merged.push(...this.#mergedEntries(value));
        continue;
      }
      const earlier = places.get(key.text);
      if (earlier !== undefined) {
        this.#reportDuplicate(key, earlier);
        continue;
      }
      places.set(key.text, key.span);
      entries.push({ key: key.text, keySpan: key.span, value });
    }
    // What is written here wins over what is merged in, and what is merged in first over what comes later.
    for (const entry of merged) {
      if (places.has(entry.key)) continue;
      places.set(entry.key, entry.keySpan);
      entries.push(entry);
    }
    const mapping: MappingNode = { kind: 'mapping', entries, span };
    return this.#sized(
      mapping,
      entries.map((entry) => entry.value),
    );
  }

  #key(node: unknown, place: Span): ScalarNode | undefined {
    const key = this.build(node, place);
    if (key.kind === 'scalar') return key;
    if (key.kind !== 'invalid') {
      this.#report.error(key.span, {
        code: 'YAML_UNSUPPORTED',
        message: 'a key is a list or a mapping',
        remedy: 'Use a text as the key; quote it if it holds brackets or braces.',
      });
    }
    return undefined;
  }

  #reportDuplicate(key: ScalarNode, earlier: Span): void {
    const { line } = this.#report.position(earlier.start);
    this.#report.error(key.span, {
      code: 'YAML_DUPLICATE_KEY',
      message: `the key ${quote(key.text)} stands here a second time; the first is in line ${line}`,
      remedy: 'Remove or rename one of them.',
    });
  }

  #mergedEntries(value: TreeNode): readonly MappingEntry[] {
    switch (value.kind) {
      case 'mapping':
        return value.entries;
      case 'sequence':
        return value.items.flatMap((item) =>
          item.kind === 'sequence' ? this.#notMergeable(item) : this.#mergedEntries(item),
        );
      case 'scalar':
        return this.#notMergeable(value);
      case 'invalid':
        return [];
      default:
        return assertNever(value);
    }
  }

  #notMergeable(value: TreeNode): readonly MappingEntry[] {
    this.#report.error(value.span, {
      code: 'YAML_UNSUPPORTED',
      message: '`<<` merges a mapping or a list of mappings, and this is neither',
      remedy: 'Give it an alias of a mapping, like `<<: *defaults`.',
    });
    return [];
  }

  #follow(name: string, span: Span): TreeNode {
    if (name === '' || this.#isText(span)) return { kind: 'invalid', span };
    const target = this.#anchors.get(name);
    if (this.#open.has(name)) {
      this.#report.error(span, {
        code: 'YAML_ALIAS_BOMB',
        message: `the alias ${quote(`*${name}`)} stands within its own anchor, so it would never end`,
        remedy: 'Write the inner value out.',
      });
      return { kind: 'invalid', span };
    }
    if (target === undefined) {
      this.#report.error(span, {
        code: 'YAML_SYNTAX',
        message: `there is no anchor ${quote(`&${name}`)} before this alias`,
        remedy: 'Define the anchor above it; put the value into quotes if `*` is meant as text.',
      });
      return { kind: 'invalid', span };
    }
    return this.#expand(target, span);
  }

  /** Whether more than a name follows, so that a text was meant, and that has been said: YAML takes some of what follows for a comment or for the name. */
  #isText({ start }: Span): boolean {
    return (
      quoteStar(this.#text, start) !== undefined && this.#report.hasSyntaxErrorIn(this.#report.position(start).line)
    );
  }

  #expand(target: Built, span: Span): TreeNode {
    const before = this.#expanded;
    this.#expanded += target.size;
    if (this.#expanded <= mostExpandedNodes) return target.node;
    // Said once: every alias after it is over the limit too.
    if (before <= mostExpandedNodes) {
      this.#report.error(span, {
        code: 'YAML_ALIAS_BOMB',
        message: `with this alias, the aliases multiply the file to more than ${mostExpandedNodes} values`,
        remedy: 'Write out what is needed instead of aliases of aliases.',
      });
    }
    return { kind: 'invalid', span };
  }

  #hasForeignTag(tag: string | undefined, span: Span): boolean {
    if (tag === undefined || coreTags.has(tag)) return false;
    // The library itself reports tags that it doesn't know; the non-specific one it swallows, with a `!` that was meant as "not".
    if (tag === '!') {
      const at = this.#text.lastIndexOf('!', span.start);
      const start = at === -1 ? span.start : at;
      this.#report.error({ start, end: start + 1 }, explainTag('!'));
    }
    return true;
  }

  #sized(node: TreeNode, children: readonly TreeNode[]): TreeNode {
    let size = 1;
    for (const child of children) size += this.#sizeOf(child);
    this.#sizes.set(node, size);
    return node;
  }

  #sizeOf(node: TreeNode): number {
    if (node.kind !== 'scalar') return this.#sizes.get(node) ?? 1;
    const characters = node.text.includes('${{') ? charactersOfExpression : charactersOfValue;
    return 1 + Math.floor(node.text.length / characters);
  }
}

/** The library gives collections their tag even where none is written. */
const coreTags: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
);

function spanOf(range: readonly [number, number, number] | null | undefined, place: Span): Span {
  return range === null || range === undefined ? place : { start: range[0], end: range[1] };
}

function styleOf(type: Scalar['type']): ScalarStyle {
  switch (type) {
    case 'QUOTE_SINGLE':
      return 'single-quoted';
    case 'QUOTE_DOUBLE':
      return 'double-quoted';
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      return 'block';
    default:
      return 'plain';
  }
}
