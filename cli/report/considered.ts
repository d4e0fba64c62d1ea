import { askedInWords } from '../../runtime/install/index.ts';
import type { Considered } from '../install/consider.ts';
import { askedLines, moreLines } from './asked.ts';
import { sourceWords } from './provenance.ts';
import type { Style } from './style.ts';
import { plainLine } from './text.ts';

/** What there is to know before one says yes to a package: who vouches for it, where it comes from, and what it may do then. */
export function consideredLines({ words, locked, record, decision }: Considered, style: Style): readonly string[] {
  const { before } = decision;
  const isUpdate = before !== undefined && before.version !== locked.version;
  const title = isUpdate ? `${locked.name} ${before.version} → ${locked.version}` : `${locked.name} ${locked.version}`;
  const changes =
    before === undefined
      ? ['asks for', ...indented(askedInWords(locked.approved).length === 0 ? ['nothing'] : askedOf())]
      : decision.more.length === 0
        ? ['asks for nothing more than was approved']
        : ['asks for more than was approved', ...indented(moreLines(decision.more, style))];
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
    return askedLines(askedInWords(locked.approved), style);
  }
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
