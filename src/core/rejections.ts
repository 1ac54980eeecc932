/**
 * For what a function of the application returned where nothing is expected: an async function fits the type
 * as well, and a promise that rejects unheard ends the process. Returns whether it is a promise, of whatever
 * kind. @throws what reading its `then` throws
 */
export function onRejection(returned: unknown, rejected: (error: unknown) => void): boolean {
	if ((typeof returned !== 'object' || returned === null) && typeof returned !== 'function') return false;
	if (typeof Reflect.get(returned, 'then') !== 'function') return false;
	Promise.resolve(returned).then(undefined, rejected);
	return true;
}
