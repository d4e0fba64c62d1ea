import { guardedText } from '../terminal-guard.ts';

/**
 * The workflow file in a reply: its first fenced block of YAML, else its first fenced block, else all of it, as models answer that leave the
 * fence out, without what a model thinks aloud before it. It ends with a line break, and has no characters that a terminal carries out or that turn the direction of what is read.
 */
export function workflowIn(reply: string): string {
  const answer = reply.replace(/^\s*<(think(?:ing)?)>.*?<\/\1>\s*/su, '');
  // A script in the file may have fences of its own, further in: what opens one stands at most in a list, and what closes it no further in.
  const blocks = Array.from(
    answer.matchAll(/^( {0,5})(`{3,}|~{3,})[ \t]*(\w*)[^\n]*\n(.*?)^(?!\1[ \t])[ \t]*\2[`~]*[ \t]*$/gmsu),
  );
  const block = blocks.find(([, , , language = '']) => /^ya?ml$/iu.test(language)) ?? blocks[0];
  // A reply that was cut off has a fence that doesn't end.
  const text = block?.[4] ?? answer.replace(/^[ \t]*(?:`{3,}|~{3,})[^\n]*\n/u, '');
  return `${guardedText(text, 'text').trimEnd()}\n`;
}
