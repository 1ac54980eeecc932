/** Monotonic time, for every duration. */
export interface Clock {
	/** Milliseconds since an arbitrary moment; never goes back. */
	now(): number;
}
