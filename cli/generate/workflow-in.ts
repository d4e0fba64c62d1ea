import { guardedText } from '../terminal-guard.ts';

/**
 * The workflow file in a reply: its first fenced block of YAML, else its first fenced block, else all of it, as models answer that leave the
 * fence out. It ends with a line break, and has no characters that a terminal carries out or that turn the direction of what is read.
 */
export function workflowIn(reply: string): string {
  const blocks = Array.from(reply.matchAll(/^[ \t]*(`{3,}|~{3,})[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$/gmsu));
  const block = blocks.find(([, , language = '']) => /^ya?ml$/iu.test(language)) ?? blocks[0];
  // A reply that was cut off has a fence that doesn't end.
  const text = block?.[3] ?? reply.replace(/^[ \t]*(?:`{3,}|~{3,})[^\n]*\n/u, '');
  return `${guardedText(text, 'text').trimEnd()}\n`;
}
