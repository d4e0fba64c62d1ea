import { plural } from '../plural.ts';
import type { CourseCatalogue } from './catalogue.ts';

export const courseInEnglish: CourseCatalogue = {
  atJob: (job) => `The run is at job ${job} now`,
  atStep: (step) => `The job is at step ${step} now`,
  noJob: (job) => `This run has no job ${job}. Another one is shown.`,
  noStep: (job, step) => `Job ${job} has no step ${step}. Another one is shown.`,
  saveLog: 'Save the whole log',
  logComes: 'The log is on its way…',
  labelled: (labels) => `Labels: ${labels}`,
  bulkOf: (count, total) => `${count} of ${plural(total, 'run', 'runs')}`,
  bulkLeft: (count) => `Not asked for, and still selected: ${plural(count, 'run', 'runs')}.`,
  bulkWaits: 'The server has too much to do. This goes on as soon as it says so.',
  bulkStop: 'Stop',
  bulkHide: 'Go on in the background',
  bulkShow: 'Show',
  bulkTitle: { cancel: 'Cancelling', rerun: 'Running again' },
};
