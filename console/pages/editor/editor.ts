import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Fix } from '../../../schemas/index.ts';
import { type Language, startLanguage } from '../../language/language.ts';
import type { Files, Known, Reading, Refusal, Source, TextChange, WorkflowEdit } from '../../language/protocol.ts';
import { type CodeView, type CodeViewOptions, openCodeView } from './code/code-view.ts';
import { type Draft, type DraftStorage, keepDraft } from './draft.ts';
import { placeAfter } from './plan/choice.ts';
import { fileTextOf } from './file-text.ts';

/** Between the last stroke and the next reading: less would be felt while one writes. */
const restMs = 150;

/** What the text was found to be when it was read last. */
export interface Read extends Reading {
  readonly text: string;
  /** The file's name then, which diagnostics of it have. */
  readonly file: string;
}

/** A workflow that is being written: its text in an editor, and what the language makes of it. */
export class Editor {
  readonly #language: Language = startLanguage();
  readonly #storage: DraftStorage;
  readonly #read = signal<Read | undefined>(undefined);
  /** The last one that could be made of the text. */
  readonly #outline = signal<Reading['outline']>(undefined);
  readonly #cursor = signal(0);
  readonly #name = signal('');
  readonly #files = signal<Files>({});
  readonly #failure = signal<string | undefined>(undefined);
  #view: CodeView | undefined;
  #reading: Promise<void> | undefined;
  /** What was read last, by what is known now. */
  #readOf: Source | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: DraftStorage) {
    this.#storage = storage;
  }

  /** Absent: it hasn't been read yet. */
  get read(): ReadonlySignal<Read | undefined> {
    return this.#read;
  }

  /** The jobs as they could be read last; absent: they never could. */
  get outline(): ReadonlySignal<Reading['outline']> {
    return this.#outline;
  }

  get cursor(): ReadonlySignal<number> {
    return this.#cursor;
  }

  /** The file's name. */
  get name(): ReadonlySignal<string> {
    return this.#name;
  }

  /** The files beside it, which it may call. */
  get files(): ReadonlySignal<Files> {
    return this.#files;
  }

  /** Why the text isn't read. */
  get failure(): ReadonlySignal<string | undefined> {
    return this.#failure;
  }

  /** The text as it is in a file. */
  get whole(): string {
    return this.#view?.whole ?? '';
  }

  /** Opens the editor in an element, with a draft. It is read once what workflows may name is known, or {@link readAnew} is called. */
  attach(host: HTMLElement, draft: Draft, options: Pick<CodeViewOptions, 'label' | 'phrases' | 'onFile'>): void {
    this.#name.value = draft.name;
    this.#files.value = draft.files ?? {};
    this.#view = openCodeView(host, {
      ...options,
      file: fileTextOf(draft.whole),
      assistant: {
        suggest: (asking) => this.#language.ask('suggest', asking),
        explain: (asking) => this.#language.ask('explain', asking),
      },
      onText: () => this.#changed(),
      onCursor: (offset) => (this.#cursor.value = offset),
    });
  }

  /** What workflows may name on this server. */
  async know(known: Known): Promise<void> {
    await this.#language.ask('know', known);
    await this.readAnew();
  }

  /** Reads the text, also where it was read as it is. */
  async readAnew(): Promise<void> {
    this.#readOf = undefined;
    await this.#readNow();
  }

  open({ name, whole, files = {} }: Draft): void {
    batch(() => {
      this.#name.value = name;
      this.#files.value = files;
      this.#cursor.value = 0;
      this.#outline.value = undefined;
    });
    this.#view?.open(fileTextOf(whole));
    this.#changed();
  }

  rename(name: string): void {
    this.#name.value = name;
    this.#keep();
  }

  /** Puts files in the place of those beside it. */
  putBeside(files: Files): void {
    this.#files.value = files;
    this.#changed();
  }

  /** Carries out an edit. Gives why it isn't; undefined: it is done. Rejects where the language can't be asked. */
  async edit(edit: WorkflowEdit): Promise<Refusal | undefined> {
    const view = this.#view;
    if (view === undefined) return undefined;
    const { text } = view;
    const edited = await this.#language.ask('edit', { ...this.#source(text), edit });
    // Somebody wrote on meanwhile: it is another text now that is to be changed.
    if (view.text !== text) return await this.edit(edit);
    if ('refused' in edited) return edited.refused;
    view.change(edited.changes);
    await this.#readNow();
    const { outline } = this.#read.value ?? {};
    const place = outline === undefined ? undefined : placeAfter(edit, outline);
    if (place !== undefined) view.select(place);
    return undefined;
  }

  /** Carries out the fix of a diagnostic. */
  fix({ edits }: Fix): void {
    const view = this.#view;
    if (view === undefined) return;
    view.change(
      edits.map(
        ({ start, end, text }): TextChange => ({ from: view.offset(start), to: view.offset(end), insert: text }),
      ),
    );
  }

  goTo(offset: number): void {
    this.#view?.goTo(offset);
  }

  /** Goes to the next diagnostic behind the cursor, or the first; or the one before it. */
  goToDiagnostic(direction: 'next' | 'previous'): void {
    const places = (this.#view?.shown() ?? []).map(({ from }) => from).toSorted((one, other) => one - other);
    const at = this.#cursor.value;
    const [first, last] = [places[0], places.at(-1)];
    const target =
      direction === 'next'
        ? (places.find((from) => from > at) ?? first)
        : (places.findLast((from) => from < at) ?? last);
    if (target !== undefined) this.goTo(target);
  }

  /** Offset of a line's column, both from 1. */
  offset(place: { readonly line: number; readonly column: number }): number {
    return this.#view?.offset(place) ?? 0;
  }

  /** Shows that the language can't be asked, where it shows what is wrong. */
  failed(thrown: unknown): void {
    this.#failure.value = String(thrown);
  }

  /** Takes the last change back, whoever made it: by writing or in a form. */
  undo(): void {
    this.#view?.undo();
  }

  redo(): void {
    this.#view?.redo();
  }

  /** Has its texts in another language. */
  speak(label: string, phrases: CodeViewOptions['phrases']): void {
    this.#view?.speak(label, phrases);
  }

  /** Keeps the text as it is now. */
  keep(): void {
    this.#keep();
  }

  /** Ends it; what isn't kept by then is gone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#view?.close();
    this.#view = undefined;
    this.#language.close();
  }

  #changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#keep();
      void this.#readNow();
    }, restMs);
  }

  #keep(): void {
    if (this.#view !== undefined)
      keepDraft(this.#storage, { name: this.#name.value, whole: this.#view.whole, files: this.#files.value });
  }

  #source(text: string): Source {
    return { text, file: this.#name.value, files: this.#files.value };
  }

  /** One reading at a time: of a long text each takes a while, and only that of the last counts. */
  async #readNow(): Promise<void> {
    this.#reading ??= this.#readLast().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  async #readLast(): Promise<void> {
    const view = this.#view;
    if (view === undefined) return;
    const { text } = view;
    try {
      const source = this.#source(text);
      // An edit has had it read already: of a thousand jobs, showing them again would take a while.
      if (this.#readOf !== undefined && isSameSource(this.#readOf, source)) return;
      const reading = await this.#language.ask('read', source);
      if (view.text !== text || this.#files.value !== source.files) {
        await this.#readLast();
        return;
      }
      this.#readOf = source;
      const { file } = source;
      view.show(reading.diagnostics.filter((diagnostic) => diagnostic.file === undefined || diagnostic.file === file));
      batch(() => {
        this.#read.value = { ...reading, text, file };
        if (reading.outline !== undefined) this.#outline.value = reading.outline;
        this.#failure.value = undefined;
      });
    } catch (thrown) {
      this.failed(thrown);
    }
  }
}

function isSameSource(one: Source, other: Source): boolean {
  return one.text === other.text && one.file === other.file && one.files === other.files;
}
