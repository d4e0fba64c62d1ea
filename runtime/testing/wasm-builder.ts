/** Assembles small WASM modules for tests, since no toolchain is needed to say `loop, branch`. Binary format: WebAssembly 1.0. */

/** The value types that we use. */
type ValueType = 'i32' | 'i64';

/** The module to assemble. Functions are numbered imports first. */
export interface ModuleDescription {
  readonly imports?: readonly {
    readonly module: string;
    readonly name: string;
    readonly parameters?: readonly ValueType[];
    readonly results?: readonly ValueType[];
  }[];
  readonly functions?: readonly {
    readonly exported?: string;
    readonly results?: readonly ValueType[];
    readonly locals?: readonly ValueType[];
    /** Instructions without the closing `end`. */
    readonly body: readonly number[];
  }[];
  /** Pages of 64 KiB; one memory for each, the first is exported as `memory`. */
  readonly memories?: readonly { readonly pages: number; readonly most?: number }[];
  /** Number of the function that runs at instantiation. */
  readonly start?: number;
  /** Put at address 0. */
  readonly data?: string;
}

const types: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e };
const functionType = 0x60;
const section = { type: 1, import: 2, function: 3, memory: 5, export: 7, start: 8, code: 10, data: 11 } as const;

/** Instructions that tests need, by their names in the text format. */
export const op: Readonly<Record<string, (...operands: readonly number[]) => readonly number[]>> = {
  unreachable: () => [0x00],
  block: () => [0x02, 0x40],
  loop: () => [0x03, 0x40],
  end: () => [0x0b],
  br: (depth = 0) => [0x0c, ...unsigned(depth)],
  brIf: (depth = 0) => [0x0d, ...unsigned(depth)],
  call: (index = 0) => [0x10, ...unsigned(index)],
  drop: () => [0x1a],
  localGet: (index = 0) => [0x20, ...unsigned(index)],
  localSet: (index = 0) => [0x21, ...unsigned(index)],
  localTee: (index = 0) => [0x22, ...unsigned(index)],
  load8: () => [0x2d, 0, 0],
  store32: () => [0x36, 2, 0],
  memoryGrow: (memory = 0) => [0x40, ...unsigned(memory)],
  memoryFill: (memory = 0) => [0xfc, 11, ...unsigned(memory)],
  i32: (value = 0) => [0x41, ...signed(value)],
  i64: (value = 0) => [0x42, ...signed(value)],
  eqz32: () => [0x45],
  ltUnsigned32: () => [0x49],
  ltSigned32: () => [0x48],
  add32: () => [0x6a],
  multiply32: () => [0x6c],
  add64: () => [0x7c],
  extend32: () => [0xad],
};

/** The module's bytes. */
export function assemble(description: ModuleDescription): Uint8Array {
  const { imports = [], functions = [], memories = [{ pages: 1 }], start, data } = description;
  const signatures = [...imports.map(signature), ...functions.map(signature)];
  const exports = [
    ...functions.flatMap(({ exported }, index) =>
      exported === undefined ? [] : [[...name(exported), 0, ...unsigned(imports.length + index)]],
    ),
    ...(memories.length > 0 ? [[...name('memory'), 2, 0]] : []),
  ];
  const bytes = [
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...sectionOf(section.type, vector(signatures)),
    ...sectionOf(
      section.import,
      vector(imports.map((each, index) => [...name(each.module), ...name(each.name), 0, ...unsigned(index)])),
    ),
    ...sectionOf(section.function, vector(functions.map((_, index) => unsigned(imports.length + index)))),
    ...sectionOf(
      section.memory,
      vector(
        memories.map(({ pages, most }) =>
          most === undefined ? [0, ...unsigned(pages)] : [1, ...unsigned(pages), ...unsigned(most)],
        ),
      ),
    ),
    ...sectionOf(section.export, vector(exports)),
    ...(start === undefined ? [] : [section.start, 1, start]),
    ...sectionOf(section.code, vector(functions.map(code))),
    ...(data === undefined ? [] : sectionOf(section.data, [1, 0, ...(op['i32']?.(0) ?? []), 0x0b, ...name(data)])),
  ];
  return new Uint8Array(bytes);
}

type Signed = { readonly parameters?: readonly ValueType[]; readonly results?: readonly ValueType[] };

function signature({ parameters = [], results = [] }: Signed): readonly number[] {
  return [
    functionType,
    ...vector(parameters.map((each) => [types[each]])),
    ...vector(results.map((each) => [types[each]])),
  ];
}

function code(body: { readonly locals?: readonly ValueType[]; readonly body: readonly number[] }): readonly number[] {
  const locals = vector((body.locals ?? []).map((each) => [1, types[each]]));
  const content = [...locals, ...body.body, 0x0b];
  return [...unsigned(content.length), ...content];
}

function sectionOf(id: number, content: readonly number[]): readonly number[] {
  return content.length === 1 && content[0] === 0 ? [] : [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): readonly number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): readonly number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isDone = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isDone ? low : low | 0x80);
    if (isDone) return bytes;
  }
}
