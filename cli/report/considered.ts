import { askedInWords } from '../../runtime/install/index.ts';
import type { Considered } from '../install/consider.ts';
import { askedLines, changeLines } from './asked.ts';
import { sourceWords } from './provenance.ts';
import type { Style } from './style.ts';
import { plainLine } from './text.ts';

/** What there is to know before one says yes to a package: who vouches for it, where it comes from, and what it may do then. */
export function consideredLines({ words, locked, record, decision }: Considered, style: Style): readonly string[] {
  const { before } = decision;
  const isUpdate = before !== undefined && before.version !== locked.version;
  const title = isUpdate ? `${locked.name} ${before.version} → ${locked.version}` : `${locked.name} ${locked.version}`;
  const changes = before === undefined ? askedOf() : changesIn(decision, style);
  return [
    style.bold(title),
    ...indented([
      `from    ${plainLine(words)}`,
      `digest  ${locked.digest}`,
      ...signerLines(locked.signers, before?.signers, style),
      ...sourceLine(record),
      ...changes,
    ]),
  ];

  function askedOf(): readonly string[] {
    const asked = askedLines(askedInWords(locked.approved), style);
    return ['asks for', ...indented(asked.length === 0 ? ['nothing'] : asked)];
  }
}

function changesIn({ more, less }: Considered['decision'], style: Style): readonly string[] {
  return [
    ...(more.length === 0
      ? ['asks for nothing more than was approved']
      : ['asks for more than was approved', ...indented(changeLines(more, style))]),
    ...(less.length === 0 ? [] : ['asks for less than was approved', ...indented(changeLines(less, style))]),
  ];
}

type Signers = Considered['locked']['signers'];

function signerLines(signers: Signers, before: Signers | undefined, style: Style): readonly string[] {
  const names = signers.map(({ name }) => plainLine(name)).join(', ');
  if (signers.length === 0) return [`signer  ${style.status('failure', 'NOBODY: it is not signed')}`];
  const earlier = before?.map(({ name }) => plainLine(name)).join(', ') ?? names;
  return [`signer  ${names}${earlier === names ? '' : ` (before: ${earlier === '' ? 'nobody' : earlier})`}`];
}

function sourceLine({ provenance }: Considered['record']): readonly string[] {
  return provenance.source === undefined ? [] : [`source  ${sourceWords(provenance)}`];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
