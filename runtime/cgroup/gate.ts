/**
 * A command that waits at its start until a line comes on a descriptor, so that whoever spawned it can put it into a group
 * first: a process that is moved later leaves its memory, and its children so far, where they were. It goes on as the same
 * process, with that descriptor closed, or ends where the spawner does. `descriptor` is 3 to 9; a shell can't name others.
 */
export function gated(
  words: readonly string[],
  descriptor: number,
): { readonly command: string; readonly argv: readonly string[] } {
  const script = `read -r go <&${descriptor} || exit 125; exec ${descriptor}<&-; exec "$@"`;
  return { command: '/bin/sh', argv: ['-c', script, 'gate', ...words] };
}

/** What opens the gate. */
export const gateOpener = 'go\n';
