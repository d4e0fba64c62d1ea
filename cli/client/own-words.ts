import type { Diagnostic } from '../../schemas/index.ts';

/** A server speaks of requests; whoever uses the command gives inputs and secrets by its options. */
export function inOwnWords(diagnostic: Diagnostic): Diagnostic {
  const { pointer, code, message, ...rest } = diagnostic;
  const name = pointer?.startsWith('/inputs/') === true ? pointer.slice('/inputs/'.length) : undefined;
  const secret = code === 'SECRET_MISSING' ? /\bsecret (\w+)/u.exec(message)?.[1] : undefined;
  const remedy =
    code === 'MISSING_INPUT' && name !== undefined
      ? `Give it: --input ${name.replaceAll('~1', '/').replaceAll('~0', '~')}=….`
      : secret === undefined
        ? rest.remedy
        : `Give it with --secret ${secret}, or write \${{ secrets.${secret} || '' }} where it may be missing.`;
  return { ...rest, code, message, remedy };
}
