import type { Row } from '../row.js';
import { bundle } from './bundle.js';
import { carry } from './carry.js';
import { discovery } from './discovery.js';
import { firstRegistration } from './first-registration.js';
import { footprint } from './footprint.js';
import { heals } from './heals.js';
import { herd } from './herd.js';
import { leastRole } from './least-role.js';
import { manyKeys } from './many-keys.js';
import { recovery } from './recovery.js';
import { size } from './size.js';
import { slowLink } from './slow-link.js';
import { startUp } from './start-up.js';
import { walls } from './walls.js';
import { weight } from './weight.js';

/** The table of the rows, in the order in which they run and print. */
export const rows = (): readonly Row[] => [
	startUp,
	bundle,
	firstRegistration,
	footprint,
	recovery,
	herd,
	heals,
	carry,
	walls,
	manyKeys,
	leastRole,
	slowLink,
	weight,
	discovery,
	size,
];
