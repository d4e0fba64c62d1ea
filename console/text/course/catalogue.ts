/** What becomes of a thing while somebody looks at it. */
export interface CourseCatalogue {
  readonly atJob: (job: string) => string;
  readonly atStep: (step: string) => string;
  readonly noJob: (job: string) => string;
  readonly noStep: (job: string, step: string) => string;
  readonly saveLog: string;
  readonly logComes: string;
  readonly labelled: (labels: string) => string;
  readonly bulkOf: (count: number, total: number) => string;
  readonly bulkLeft: (count: number) => string;
  readonly bulkWaits: string;
  readonly bulkStop: string;
  readonly bulkHide: string;
  readonly bulkShow: string;
  readonly bulkTitle: Readonly<Record<'cancel' | 'rerun', string>>;
}
