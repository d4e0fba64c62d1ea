import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { segmentFile } from './segments.ts';

/** Behind a whole line of a log: in which of its files, and at which byte of that. */
export interface LogPosition {
  readonly segment: number;
  readonly offset: number;
}

/** A line is far below this. */
const mostLineBytes = 4 * 1024 ** 2;

/**
 * Whole lines of a log behind a position, as far as they are written by now, and the position behind them: so many bytes of them, or one
 * line that is longer. None: there are none yet. They are on the disk when this resolves, so that whoever has read them never knows more
 * than the log itself has after a power failure. Rejects where a file can't be read.
 */
export async function readOn(
  auditFile: string,
  { segment, offset }: LogPosition,
  mostBytes: number,
): Promise<{ readonly lines: readonly string[]; readonly position: LogPosition }> {
  const file = segmentFile(auditFile, segment);
  const nothing = { lines: [], position: { segment, offset } };
  if (!existsSync(file)) return nothing;
  // Before the file is read: it gets nothing more once there is a next one.
  const isOver = existsSync(segmentFile(auditFile, segment + 1));
  const bytes = await wholeLines(file, offset, mostBytes);
  if (bytes.length > 0) {
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    return { lines, position: { segment, offset: offset + bytes.length } };
  }
  return isOver ? await readOn(auditFile, { segment: segment + 1, offset: 0 }, mostBytes) : nothing;
}

async function wholeLines(file: string, offset: number, mostBytes: number): Promise<Buffer> {
  await using handle = await open(file, 'r');
  const left = (await handle.stat()).size - offset;
  if (left <= 0) return Buffer.alloc(0);
  for (let wanted = mostBytes; ; wanted *= 2) {
    const chunk = Buffer.allocUnsafe(Math.min(left, wanted));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, offset);
    const end = chunk.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    if (end === 0 && bytesRead < left && wanted < mostLineBytes) continue;
    if (end > 0) await handle.datasync();
    return chunk.subarray(0, end);
  }
}
