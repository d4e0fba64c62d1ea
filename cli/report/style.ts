import { assertNever } from '../../schemas/index.ts';

/** How a status looks: a symbol and a colour that mean the same without each other. */
export interface Style {
  readonly symbol: (status: DisplayStatus) => string;
  readonly status: (status: DisplayStatus, text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

export type DisplayStatus = 'waiting' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped';

const codes = { red: 31, green: 32, yellow: 33, blue: 34, grey: 90, bold: 1 };

/** Colours where the stream shows them, plain text elsewhere. */
export function createStyle(options: { readonly colours: boolean }): Style {
  const paint = (code: number, text: string): string => (options.colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    symbol: (status) => paint(colourOf(status), symbolOf(status)),
    status: (status, text) => paint(colourOf(status), text),
    dim: (text) => paint(codes.grey, text),
    bold: (text) => paint(codes.bold, text),
  };
}

function symbolOf(status: DisplayStatus): string {
  switch (status) {
    case 'waiting':
      return '·';
    case 'running':
      return '▸';
    case 'success':
      return '✓';
    case 'failure':
      return '✗';
    case 'cancelled':
      return '■';
    case 'skipped':
      return '-';
    default:
      return assertNever(status);
  }
}

function colourOf(status: DisplayStatus): number {
  switch (status) {
    case 'waiting':
    case 'skipped':
      return codes.grey;
    case 'running':
      return codes.blue;
    case 'success':
      return codes.green;
    case 'failure':
      return codes.red;
    case 'cancelled':
      return codes.yellow;
    default:
      return assertNever(status);
  }
}
