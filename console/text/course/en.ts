import type { CourseCatalogue } from './catalogue.ts';

export const courseInEnglish: CourseCatalogue = {
  atJob: (job) => `The run is at job ${job} now`,
  atStep: (step) => `The job is at step ${step} now`,
  noJob: (job) => `This run has no job ${job}. Another one is shown.`,
  noStep: (job, step) => `Job ${job} has no step ${step}. Another one is shown.`,
};
