import {
  ByteReader,
  customSection,
  moduleOf,
  type Section,
  sectionIds,
  sectionsOf,
  signed,
  unsigned,
} from './binary.ts';
import { BuildEngine } from './build-engine.ts';

/** What a module is made of. Scripts are JavaScript, each an expression of a function (see shim.c). */
export interface SnapshotParts {
  /** runtime/js-engine/engine.wasm. */
  readonly engine: Uint8Array;
  readonly prelude: string;
  readonly plugin: string;
  /** Where the places in the plugin's script come from, as JSON text. */
  readonly sourceMap: string;
  /** What the module may grow to, in bytes: the plugin's memory limit. */
  readonly memoryBytes: number;
}

/** The name of the custom section that holds the plugin's source map. */
export const sourceMapSection = 'waterflow:source-map';

const pageBytes = 65536;
/** A zero gap that is shorter is cheaper to write out than a segment's head. */
const shortestGapBytes = 24;
/** V8 takes 100,000. */
const mostSegments = 50_000;
/** What a finished module exports, of all that the engine does. */
const keptExports: ReadonlySet<string> = new Set(['memory', 'run']);

/**
 * Loads the prelude and the plugin into the engine, here and now, and makes a module that starts with its memory as it is then.
 * That is sound since the engine's only global that changes is its stack pointer, which is back where it was, and its table never
 * does; both are checked. The same parts give the same bytes. Throws {@link import('./build-engine.ts').ScriptFailure} where one of the scripts throws.
 */
export function snapshot(parts: SnapshotParts): Uint8Array {
  const engineSections = sectionsOf(parts.engine);
  if (engineSections.some(({ id }) => id === sectionIds.start))
    throw new Error('the engine has a start section, which would run again in each plugin');
  const engine = new BuildEngine(parts.engine);
  engine.load(parts);
  const memory = engine.memory();
  const pages = memory.length / pageBytes;
  const mostPages = Math.max(pages, Math.floor(parts.memoryBytes / pageBytes));
  const segments = segmentsOf(memory, shortestGapBytes);
  const data = Buffer.concat([
    unsigned(segments.length),
    ...segments.flatMap((segment) => segmentBytes(memory, segment)),
  ]);

  const sections: Section[] = [];
  for (const section of engineSections) {
    switch (section.id) {
      case sectionIds.custom:
        break;
      case sectionIds.memory:
        sections.push({
          id: section.id,
          // One memory, with a maximum.
          body: Buffer.concat([Uint8Array.of(1, 1), unsigned(pages), unsigned(mostPages)]),
        });
        break;
      case sectionIds.exports:
        sections.push({ id: section.id, body: exportsAmong(section.body, keptExports) });
        break;
      case sectionIds.dataCount:
        sections.push({ id: section.id, body: unsigned(segments.length) });
        break;
      case sectionIds.data:
        sections.push({ id: section.id, body: data });
        break;
      default:
        sections.push(section);
    }
  }
  return moduleOf([...sections, customSection(sourceMapSection, Buffer.from(parts.sourceMap))]);
}

/** A range of memory that isn't zero. */
interface Segment {
  readonly start: number;
  readonly end: number;
}

/** Ranges that aren't zero, by words of four bytes, joined over short gaps. */
function segmentsOf(memory: Uint8Array, gapBytes: number): readonly Segment[] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const segments: Segment[] = [];
  let start = -1;
  let end = -1;
  for (const [index, word] of words.entries()) {
    if (word === 0) continue;
    if (start >= 0 && (index - end) * 4 > gapBytes) {
      segments.push({ start: start * 4, end: end * 4 });
      start = index;
    }
    if (start < 0) start = index;
    end = index + 1;
  }
  if (start >= 0) segments.push({ start: start * 4, end: end * 4 });
  return segments.length > mostSegments ? segmentsOf(memory, gapBytes * 4) : segments;
}

/** An active segment of memory 0: `i32.const` start, `end`, the bytes. */
function segmentBytes(memory: Uint8Array, { start, end }: Segment): readonly Uint8Array[] {
  return [
    Uint8Array.of(0, 0x41),
    signed(start),
    Uint8Array.of(0x0b),
    unsigned(end - start),
    memory.subarray(start, end),
  ];
}

function exportsAmong(body: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  const reader = new ByteReader(body);
  const kept: Uint8Array[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const start = reader.position;
    const name = Buffer.from(reader.take(reader.unsigned())).toString();
    reader.byte();
    reader.unsigned();
    if (names.has(name)) kept.push(body.subarray(start, reader.position));
  }
  if (kept.length !== names.size) throw new Error(`the engine exports not all of ${[...names].join(', ')}`);
  return Buffer.concat([unsigned(kept.length), ...kept]);
}
