import type { CourseCatalogue } from './catalogue.ts';

export const courseInChinese: CourseCatalogue = {
  atJob: (job) => `运行现在进行到作业 ${job}`,
  atStep: (step) => `作业现在进行到步骤 ${step}`,
  noJob: (job) => `此运行没有作业 ${job}。这里显示的是另一个作业。`,
  noStep: (job, step) => `作业 ${job} 没有步骤 ${step}。这里显示的是另一个步骤。`,
};
