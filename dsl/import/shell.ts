import { quote } from '../quote.ts';
import type { Remark } from './record.ts';

/** What a shell of GitHub's is here: itself, one of ours with other flags, or none. */
export type ImportedShell =
  | { readonly kind: 'same' }
  | { readonly kind: 'other-flags'; readonly word: 'bash' | 'sh' | 'python3' | 'node'; readonly remark: Remark }
  | { readonly kind: 'none' };

/** A `shell:` -> what it is here. */
export function importedShell(shell: string): ImportedShell {
  if (shell === 'bash' || shell === 'sh') return { kind: 'same' };
  const interpreter = /^(?:\/(?:usr\/)?bin\/)?(?:(python)3?|node)(?:\s+\{0\})?$/.exec(shell);
  if (interpreter !== null) {
    const name = interpreter[1] === undefined ? 'node' : 'python3';
    const message = `the shell ${quote(shell)} is ${quote(name)}`;
    return { kind: 'other-flags', word: name, remark: { outcome: 'changed', message } };
  }
  const word = /^(?:\/(?:usr\/)?bin\/)?(bash|sh)\s/.exec(shell)?.[1];
  if (word !== 'bash' && word !== 'sh') return { kind: 'none' };
  const remark = {
    outcome: 'todo',
    message: `the shell ${quote(shell)} runs as ${quote(word)}, which stops at the first command that fails`,
    remedy: 'Check that the script needs no other flags; `set` changes them within it.',
  } as const;
  return { kind: 'other-flags', word, remark };
}
