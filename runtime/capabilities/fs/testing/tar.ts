import { type Header, pack } from 'tar-stream';

/** An entry as a test writes it; what it leaves out is usual. */
export type TestEntry = Pick<Header, 'name'> &
  Partial<Omit<Header, 'pax'>> & {
    readonly content?: string;
    readonly pax?: Readonly<Record<string, string>>;
  };

/** The bytes of a tar archive with these entries, however hostile they are. */
export async function tarOf(entries: readonly TestEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) {
    if (header.type === undefined || header.type === 'file') tar.entry(header, content);
    else tar.entry(header);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  // streamx types chunks as unknown; tar-stream gives Buffers.
  for await (const chunk of tar as AsyncIterable<Buffer>) parts.push(chunk);
  return Buffer.concat(parts);
}
