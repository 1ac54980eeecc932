/**
 * What `await` takes for a promise although it is none: some libraries and older code return such objects.
 */
export function thenable(
	then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
): object {
	return Object.fromEntries([['then', then]]);
}
