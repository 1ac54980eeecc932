import type { Row } from '../row.js';
import { footprint } from './footprint.js';
import { recovery } from './recovery.js';
import { startUp } from './start-up.js';

/** The table of the rows, in the order in which they run and print. */
export const rows = (): readonly Row[] => [startUp, footprint, recovery];
