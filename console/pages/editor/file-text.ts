/** The text of a file, as it is shown, and what the file has beside it. */
export interface FileText {
  readonly text: string;
  /** Before the text, where no editor shows it. */
  readonly mark: '' | '\uFEFF';
  /** What ends its lines, where that is one thing; else lines end with LF, and what is before that is theirs. */
  readonly lineBreak: '\n' | '\r\n';
}

/** A larger file is none that a person writes; the server takes 1 MiB. */
export const largestFileBytes: number = 1024 * 1024;

/** Reads the bytes of a file, so that {@link fileBytes} gives them again. Undefined where they are no UTF-8. */
export function readFileText(bytes: Uint8Array): FileText | undefined {
  try {
    return fileTextOf(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** A whole text with its mark and its line breaks. */
export function fileTextOf(whole: string): FileText {
  const mark = whole.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = whole.slice(mark.length);
  const breaks = text.split('\n').length - 1;
  const isWindows = breaks > 0 && text.split('\r\n').length - 1 === breaks;
  return { text, mark, lineBreak: isWindows ? '\r\n' : '\n' };
}

/** The bytes of a file whose lines end as the text's do. */
export function fileBytes({ text, mark }: Pick<FileText, 'text' | 'mark'>): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(mark + text);
}
