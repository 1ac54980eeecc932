/** What tests and tools take from the simulation. */
export { describe } from './report.js';
export { simulate } from './run.js';
