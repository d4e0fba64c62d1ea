/** What becomes of a thing while somebody looks at it. */
export interface CourseCatalogue {
  readonly atJob: (job: string) => string;
  readonly atStep: (step: string) => string;
  readonly noJob: (job: string) => string;
  readonly noStep: (job: string, step: string) => string;
}
