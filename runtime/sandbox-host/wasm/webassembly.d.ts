/** What we use of the WebAssembly JavaScript interface: TypeScript has it only in its browser libraries. */
declare namespace WebAssembly {
  class Module {
    private readonly brand: 'Module';
    constructor(bytes: Uint8Array);
    static imports(module: Module): { readonly module: string; readonly name: string; readonly kind: string }[];
    static exports(module: Module): { readonly name: string; readonly kind: string }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** The size before, in pages. Throws RangeError where the memory can't grow. */
    grow(pages: number): number;
  }
  /** What a module's own `throw` becomes where nothing in it catches it. */
  class Exception {
    private readonly brand: 'Exception';
  }
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  function compile(bytes: Uint8Array): Promise<Module>;
}
