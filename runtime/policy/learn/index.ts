export { type LearnedPolicy, learn, type LearnOptions } from './learn.ts';
export { renderLearned } from './render.ts';
