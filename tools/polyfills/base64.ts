export { decode as atob, encode as btoa } from 'base-64';
