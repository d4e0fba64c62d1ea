import type { Template } from '../../schemas/index.ts';
import type { TreeNode } from '../tree/node.ts';
import type { Reading } from './reading.ts';
import { type Place, readTextTemplate, type TypedField } from './templates.ts';

/** A text that names something, and how many characters it may have. */
export interface NameField extends TypedField {
  readonly longest: number;
}

/** A text that names something: not empty and not too long, as far as it is written out. Its value is checked when it is known. */
export function readNameTemplate(reading: Reading, node: TreeNode, field: NameField & Place): Template {
  const template = readTextTemplate(reading, node, field);
  const written = writtenText(template);
  const isText = node.kind === 'scalar' && node.value !== null;
  if (isText && template.kind === 'literal' && written.trim() === '') {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: `${field.subject} is empty`,
      remedy: 'Write a text, or remove the key.',
    });
  }
  if (written.length > field.longest) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: `${field.subject} has ${written.length} characters, more than ${field.longest}`,
      remedy: `Shorten it to at most ${field.longest} characters.`,
    });
  }
  return template;
}

/** What is known of a text before its expressions are. */
function writtenText(template: Template): string {
  if (template.kind === 'text') return template.parts.filter((part) => typeof part === 'string').join('');
  return template.kind === 'literal' && typeof template.value === 'string' ? template.value : '';
}
