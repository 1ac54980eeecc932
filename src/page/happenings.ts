/** From the recent changes to the list of what happened, newest first. Pure. */
import type { ChangeKind, KeyStatus, RecentChange, RecentChanges } from '../registrar/documents.js';
import { meet } from './ranges.js';
import { duration, plural, reasonText } from './words.js';

export interface Happening {
	readonly agoMs: number;
	/** For its colour. */
	readonly kind: ChangeKind;
	/** One or two words. */
	readonly label: string;
	/** Which keys, and why or how long. */
	readonly text: string;
}

/** Found and put right so quickly, it is one line. */
const AT_ONCE_MS = 2_000;

export function happeningsOf(recent: RecentChanges, keys: readonly KeyStatus[]): Happening[] {
	const { changes } = recent;
	const names = new Map(recent.keys);
	const told = (index: number): Happening[] => {
		const change = changes[index];
		return change === undefined ? [] : tell(change, changes, index, (one) => named(one, names, keys.length));
	};
	return changes.flatMap((_, index) => told(changes.length - 1 - index));
}

function tell(
	change: RecentChange,
	all: readonly RecentChange[],
	index: number,
	name: (change: RecentChange) => string,
): Happening[] {
	const { agoMs, kind, before, why } = change;
	/** What it is about, then what else there is to say. */
	const line = (label: string, about: string, ...more: readonly (string | null)[]): Happening[] => {
		const rest = more.filter((part) => part !== null && part !== '').join(', ');
		return [{ agoMs, kind, label, text: rest === '' ? about : `${about}: ${rest}` }];
	};
	switch (kind) {
		case 'registered':
			if (before === 'missing' || before === 'wrong')
				return all.some((other) => other.kind === 'repaired' && isSame(other, change))
					? []
					: line('right again', name(change));
			return line(before === null ? 'registered' : 'in again', name(change));
		case 'repaired': {
			const found = all.slice(0, index).findLast((other) => isFound(other) && meets(other, change));
			const lasted = found === undefined ? null : `right ${duration(found.agoMs - agoMs)} later`;
			return line('put right', name(change), reasonText(why), lasted);
		}
		case 'missing':
		case 'wrong': {
			const mended = all.slice(index).find((other) => other.kind === 'repaired' && meets(other, change));
			if (mended !== undefined && agoMs - mended.agoMs < AT_ONCE_MS) return [];
			return line(kind, name(change));
		}
		case 'silent':
		case 'failing': {
			const end = all.slice(index).find((other) => other.kind === 'recovered');
			const label = kind === 'silent' ? 'etcd silent' : 'passes fail';
			return line(label, end === undefined ? 'until now' : `for ${duration(agoMs - end.agoMs)}`, why);
		}
		case 'recovered': {
			const began = all.slice(0, index).findLast(isTrouble);
			if (began?.kind === 'silent') return line('etcd is back', `after ${duration(began.agoMs - agoMs)}`);
			return line('passes succeed', began === undefined ? 'again' : `after ${duration(began.agoMs - agoMs)}`);
		}
		case 'replaced':
			return line('etcd replaced', 'wiped, restored or another cluster: beginning anew');
		case 'standing-by':
			return line('standing by', name(change), 'another process holds it');
		case 'denied':
			return line('refused', name(change), why === 'too-large' ? 'too large for this etcd' : 'no permission');
		case 'withdrawn':
			return line('withdrawn', name(change), why);
	}
}

const isTrouble = ({ kind }: RecentChange): boolean => kind === 'silent' || kind === 'failing';
const isFound = ({ kind }: RecentChange): boolean => kind === 'missing' || kind === 'wrong';

const meets = (one: RecentChange, other: RecentChange): boolean => meet(one.keys, other.keys);

/** Told of the same keys in the same pass. */
const isSame = (one: RecentChange, other: RecentChange): boolean =>
	meets(one, other) && Math.abs(one.agoMs - other.agoMs) < AT_ONCE_MS;

/** The key where it is one, else how many. */
function named(change: RecentChange, names: ReadonlyMap<number, string>, total: number): string {
	const [range] = change.keys;
	if (change.count === 1 && range !== undefined)
		return names.get(range[0]) ?? 'a key that is no longer wanted';
	return change.count === total ? `all ${plural(total)}` : plural(change.count);
}
