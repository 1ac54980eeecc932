/** What the registrar answered, as the page keeps it. */
import type { RecentChanges, Status } from '../registrar/documents.js';

export interface Snapshot {
	/** JSON: what is infinite in it is a text. */
	readonly status: Status;
	readonly changes: RecentChanges;
	/** When it came, by the browser's clock. */
	readonly atMs: number;
}
