/** Discovery was closed while somebody waited for it. */
export class ClosedError extends Error {
	override readonly name = 'ClosedError';
	readonly code = 'closed';
	constructor() {
		super('discovery was closed');
	}
}
