/**
 * A command and its arguments as one line, which is all that ssh can send (RFC 4254, 6.5). Each is within single quotes, in
 * which a POSIX shell reads nothing but the quote itself; so no argument becomes an option's value, a word or a command.
 */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map(quote).join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
