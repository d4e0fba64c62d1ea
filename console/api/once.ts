import { useMemo } from 'preact/hooks';

/** Gives the key for a request with this content. */
export type KeyOf = (content: unknown) => string;

/**
 * Keys for what is to be done once, however often it is sent: where no answer came nobody knows whether it was done, and the same content
 * goes with the same key again. Another content is something else that is wanted, and has a new one.
 */
export function onceKeys(): KeyOf {
  const keys = new Map<string, string>();
  return (content) => {
    const text = JSON.stringify(content);
    const key = keys.get(text) ?? newKey();
    keys.set(text, key);
    return key;
  };
}

/** The keys of a form, for as long as it is open. */
export function useOnceKeys(): KeyOf {
  return useMemo(onceKeys, []);
}

/** 128 bits. `randomUUID` is only there where the server is reached by HTTPS, or on this machine. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
