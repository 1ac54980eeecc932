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

/** Makes the children these; what stays as it is keeps its element, its focus and its selection. */
export function setChildren(parent: HTMLElement, children: readonly HTMLElement[]): void {
	children.forEach((child, index) => {
		const present = parent.children[index];
		if (present === undefined) parent.append(child);
		else if (!present.isEqualNode(child)) present.replaceWith(child);
	});
	while (parent.children.length > children.length) parent.lastElementChild?.remove();
}

/** Styles go by properties: a `style` attribute would be refused by the page's own policy. */
export function placed(made: HTMLElement, styles: Readonly<Record<string, string>>): HTMLElement {
	for (const [name, value] of Object.entries(styles)) made.style.setProperty(name, value);
	return made;
}
