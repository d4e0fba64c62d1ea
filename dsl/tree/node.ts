import type { Span } from '../source/report.ts';

/** A value of the file with its place. Aliases and merge keys are already followed: places are those of the anchor. */
export type TreeNode = ScalarNode | SequenceNode | MappingNode | InvalidNode;

/** How a scalar is written; it decides how its text maps to the source. */
export type ScalarStyle = 'plain' | 'single-quoted' | 'double-quoted' | 'block';

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  /** The content, escapes and folding undone; for a number as it is written. */
  readonly text: string;
  readonly style: ScalarStyle;
  /** Of a value that isn't there (`key:`), the key. */
  readonly span: Span;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly TreeNode[];
  readonly span: Span;
}

export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: readonly MappingEntry[];
  readonly span: Span;
}

export interface MappingEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: TreeNode;
}

/** Stands where a problem has already been reported, so that nothing is reported on top of it. */
export interface InvalidNode {
  readonly kind: 'invalid';
  readonly span: Span;
}
