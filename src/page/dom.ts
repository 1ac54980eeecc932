/** Elements whose every text is set as text: nothing of etcd or of the configuration is ever read as HTML. */

/** The element of the document with this id. */
export function byId(id: string): HTMLElement {
	const found = document.getElementById(id);
	if (found === null) throw new Error(`the page has no #${id}`);
	return found;
}

/** The first element that fits, within another. */
export function inside(parent: HTMLElement, selector: string): HTMLElement {
	const found = parent.querySelector<HTMLElement>(selector);
	if (found === null) throw new Error(`there is no ${selector}`);
	return found;
}

/** An element with these attributes and children. */
export function element(
	name: string,
	attributes: Readonly<Record<string, string>> = {},
	...children: readonly (Node | string)[]
): HTMLElement {
	const made = document.createElement(name);
	for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
	made.append(...children);
	return made;
}

/** Sets a text only where it is another one, so that nothing is read aloud that has not changed. */
export function setText(target: HTMLElement, text: string): void {
	if (target.textContent !== text) target.textContent = text;
}

/**
 * Makes the children these. What is there already is changed where it differs, not replaced: a selection, the
 * focus and the place of a screen reader stay.
 */
export function setChildren(parent: Element, children: readonly Node[]): void {
	const present = [...parent.childNodes];
	children.forEach((child, index) => {
		const old = present[index];
		if (old === undefined) parent.append(child);
		else become(old, child);
	});
	for (const old of present.slice(children.length)) old.remove();
}

function become(old: Node, next: Node): void {
	if (old.isEqualNode(next)) return;
	if (!(old instanceof HTMLElement && next instanceof HTMLElement && old.nodeName === next.nodeName))
		return void old.parentNode?.replaceChild(next, old);
	for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
	for (const { name, value } of [...next.attributes])
		if (name !== 'style' && old.getAttribute(name) !== value) old.setAttribute(name, value);
	old.style.cssText = next.style.cssText;
	setChildren(old, [...next.childNodes]);
}

/** Styles go by properties: a `style` attribute would be refused by the page's own policy. */
export function placed(made: HTMLElement, styles: Readonly<Record<string, string>>): HTMLElement {
	for (const [name, value] of Object.entries(styles)) made.style.setProperty(name, value);
	return made;
}
