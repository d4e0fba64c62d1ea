import { assertNever, type Template } from '../../schemas/index.ts';

/** A template as the file has it. */
export function show(template: Template): string {
  switch (template.kind) {
    case 'literal':
      return typeof template.value === 'string' ? template.value : JSON.stringify(template.value);
    case 'expression':
      return `\${{ ${template.expression.source} }}`;
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : `\${{ ${part.source} }}`)).join('');
    case 'array':
      return `[${template.items.map(show).join(', ')}]`;
    case 'object':
      return `{ ${template.entries.map(([key, value]) => `${key}: ${show(value)}`).join(', ')} }`;
    default:
      return assertNever(template);
  }
}
