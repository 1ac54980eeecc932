/** Compiles a program of this folder, with the sources that it imports, to a file; resolves to its address. */
export function bundled(name: string, plugins?: readonly unknown[], as?: string): Promise<string>;
