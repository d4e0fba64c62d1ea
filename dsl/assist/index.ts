export { type Explanation, explanationAt, type Suggestions, suggestionsAt } from './complete.ts';
