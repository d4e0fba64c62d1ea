/** The ids of the steps of one list and of those that it sees, to find one that is given twice. Letter case doesn't count. */
export class StepIds {
  readonly #outer: StepIds | undefined;
  readonly #lines = new Map<string, number>();

  /** `outer`: the ids of the list in which the step stands that holds this one. */
  constructor(outer?: StepIds) {
    this.#outer = outer;
  }

  /** The line of the step that has the id already. */
  lineOf(id: string): number | undefined {
    return this.#lines.get(id.toLowerCase()) ?? this.#outer?.lineOf(id);
  }

  /** Takes an id that is free. */
  take(id: string, line: number): void {
    this.#lines.set(id.toLowerCase(), line);
  }
}
