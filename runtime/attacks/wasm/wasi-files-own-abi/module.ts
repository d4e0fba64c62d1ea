export { default } from '../wasi-files/module.ts';
