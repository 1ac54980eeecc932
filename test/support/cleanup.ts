import { afterAll } from 'vitest';
import { endGuarded } from './process/guarded.js';

/** Set up before each test file: whatever it started and did not end is ended with it. */
afterAll(endGuarded);
