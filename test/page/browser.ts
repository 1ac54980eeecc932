import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { removeAtExit } from '../support/process/guarded.js';
import { until } from '../support/until.js';

const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Why there is no browser here, or `null`. */
export const browserMissing = (): string | null =>
	existsSync(CHROMIUM) ? null : `there is no ${CHROMIUM} (package chromium)`;

/** A browser with a profile of its own, which speaks to nobody by itself. */
export async function startBrowser(): Promise<BrowserContext> {
	const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
	removeAtExit(profile);
	return await chromium.launchPersistentContext(profile, {
		executablePath: CHROMIUM,
		args: [
			...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
			...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
		],
	});
}

export interface Size {
	readonly width: number;
	readonly height: number;
}
export const DESK: Size = { width: 1000, height: 800 };
export const PHONE: Size = { width: 360, height: 740 };

/** The page in a tab of its own, with everything that it complains about. */
export class Tab {
	readonly complaints: string[] = [];

	private constructor(
		readonly page: Page,
		readonly url: string,
	) {
		page.on('console', (message) => {
			if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
		});
		page.on('pageerror', (error) => this.complaints.push(String(error)));
	}

	static async open(browser: BrowserContext, url: string, size: Size = DESK): Promise<Tab> {
		const page = await browser.newPage();
		const tab = new Tab(page, url);
		await page.setViewportSize(size);
		await page.goto(url);
		return tab;
	}

	text(selector: string): Promise<string> {
		return this.page.locator(selector).innerText();
	}

	/** Waits until that part of the page says so. */
	async says(selector: string, what: RegExp): Promise<void> {
		let found = '';
		await until(
			async () => {
				found = (await this.text(selector)).trim();
				return what.test(found);
			},
			{ limitMs: 60_000, everyMs: 100, what: `${selector} says ${what}` },
		).catch((error: unknown) => {
			throw new Error(`${String(error)}; it says:\n${found}`);
		});
	}

	/** What axe-core calls serious or critical. Run from outside: the page's policy lets no other script in. */
	async accessibilityFaults(): Promise<string[]> {
		await this.page.evaluate(AXE);
		const violations = await this.page.evaluate(async () => {
			const { axe } = globalThis as unknown as {
				readonly axe: { run(): Promise<{ violations: Violation[] }> };
			};
			return (await axe.run()).violations;
		});
		return violations
			.filter(({ impact }) => impact === 'serious' || impact === 'critical')
			.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
	}

	/** By how many pixels something stands out to the right. */
	async overflow(): Promise<number> {
		const root = 'document.documentElement';
		return Number(await this.page.evaluate(`${root}.scrollWidth - ${root}.clientWidth`));
	}

	/** Everything that must hold in whatever state the page is, on a desk and on a phone, light and dark. */
	async faults(): Promise<string[]> {
		const faults: string[] = [];
		for (const colorScheme of ['light', 'dark'] as const) {
			await this.page.emulateMedia({ colorScheme });
			faults.push(...(await this.accessibilityFaults()).map((fault) => `${colorScheme}: ${fault}`));
		}
		const before = this.page.viewportSize() ?? DESK;
		await this.page.setViewportSize(PHONE);
		const overflow = await this.overflow();
		if (overflow > 0) faults.push(`${overflow} px stand out at a width of ${PHONE.width} px`);
		faults.push(...(await this.accessibilityFaults()).map((fault) => `phone: ${fault}`));
		await this.page.setViewportSize(before);
		await this.page.emulateMedia({ colorScheme: 'light' });
		return [...faults, ...this.complaints];
	}

	/**
	 * A picture for the documentation, where PICTURES names a folder for it: a path below the checkout. Its
	 * times differ with each run, so an ordinary run writes none.
	 */
	async picture(name: string, size: Size): Promise<void> {
		const folder = process.env.PICTURES;
		if (!folder) return;
		const before = this.page.viewportSize() ?? DESK;
		await this.page.setViewportSize(size);
		await this.page.screenshot({ path: join(folder, name) });
		await this.page.setViewportSize(before);
	}
}

interface Violation {
	readonly id: string;
	readonly impact: string | null;
	readonly help: string;
	readonly nodes: readonly { readonly html: string }[];
}
