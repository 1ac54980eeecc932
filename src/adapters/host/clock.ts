import type { Clock } from '../../registrar/ports.js';

/** Time that steps of the wall clock do not touch; it stands still while the machine sleeps, as timers do. */
export const monotonicClock: Clock = { now: () => performance.now() };
