import type { SecretProvider } from './api.ts';

/** Variables of the agent's own environment. */
export function environmentProvider(
  { prefix }: { readonly prefix: string },
  { env }: { readonly env: Readonly<Record<string, string | undefined>> },
): SecretProvider {
  return {
    read: async ({ path }) => {
      const text = env[`${prefix}${path}`];
      if (text !== undefined && text !== '') return { text };
      return {
        problem: {
          kind: 'missing',
          reason: "there is no such variable in the agent's environment, or it is empty",
          remedy: 'Set it, and start the agent again.',
        },
      };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
