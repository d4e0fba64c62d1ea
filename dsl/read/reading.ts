import type { Diagnostic, ExpressionSource, Position } from '../../schemas/index.ts';
import type { NodeCatalogue } from '../api.ts';
import type { CalledWorkflows } from '../calls.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import type { MatchPattern } from '../pattern.ts';
import type { Report } from '../source/report.ts';
import type { MappingNode, ScalarNode, TreeNode } from '../tree/node.ts';
import { describe, typeFix, typeRemedy } from '../tree/query.ts';
import { scalarOffsets } from '../tree/scalar-offsets.ts';

/** What every part of the reader needs: the text, where to report, and what nodes there are. */
export interface Reading {
  readonly source: string;
  readonly report: Report;
  readonly catalogue: NodeCatalogue;
  readonly matchPattern: MatchPattern;
  /** The file's folder, relative to that of the root workflow's file: empty, or `ci`. */
  readonly folder: string;
  /** The workflows that jobs call. */
  readonly calls: Pick<CalledWorkflows, 'call' | 'open' | 'has'>;
  /** The queues that agents have served so far, where that is known. */
  readonly knownQueues?: readonly string[];
  /** Told of every expression of the file that was checked. */
  readonly onExpression?: (checked: CheckedExpression, expression: ExpressionSource) => void;
}

/** Hands diagnostics that have their places already to the report. */
export function reportAll(reading: Reading, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) reading.report.add(diagnostic);
}

/** Maps offsets in a scalar's text to places in the file. */
export function locateIn(reading: Reading, scalar: ScalarNode): (offset: number) => Position {
  let offsets: ((offset: number) => number) | undefined;
  return (offset) => {
    offsets ??= scalarOffsets(scalar, reading.source);
    return reading.report.position(offsets(offset));
  };
}

/** Reports a value of the wrong type, with the commonest reasons as remedies. */
export function reportWrongType(
  reading: Reading,
  node: TreeNode,
  wanted: { readonly subject: string; readonly expected: string; readonly remedy?: string },
): void {
  if (node.kind === 'invalid') return;
  reading.report.error(node.span, {
    code: 'WRONG_TYPE',
    message: `${wanted.subject} must be ${wanted.expected}, and this is ${describe(node)}`,
    remedy: wanted.remedy ?? typeRemedy(node, wanted.expected),
    ...(wanted.remedy === undefined ? typeFix(node, wanted.expected) : {}),
  });
}

/** A mapping, or a report that it should be one. */
export function asMapping(
  reading: Reading,
  node: TreeNode,
  wanted: { readonly subject: string; readonly remedy: string },
): MappingNode | undefined {
  if (node.kind === 'mapping') return node;
  if (node.kind === 'scalar' && node.value === null) {
    reading.report.error(node.span, { code: 'EMPTY', message: `${wanted.subject} is empty`, remedy: wanted.remedy });
    return undefined;
  }
  reportWrongType(reading, node, { subject: wanted.subject, expected: 'a mapping', remedy: wanted.remedy });
  return undefined;
}
