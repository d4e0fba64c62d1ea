export { type LearnedPolicy, type LearnOptions, learn } from './learn.ts';
export { renderLearned } from './render.ts';
