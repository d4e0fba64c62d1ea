import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';

/** Appends a line to a file, which is made where it isn't there, as a whole or not at all. Throws what the file system does. */
export function appendLine(file: string, line: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    const { size } = fstatSync(descriptor);
    try {
      appendFileSync(descriptor, `${line}\n`);
    } catch (cause) {
      // Of a disk that is full a part of it may have been written.
      ftruncateSync(descriptor, size);
      throw cause;
    }
  } finally {
    closeSync(descriptor);
  }
}
