import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCredentials } from '../../../../src/adapters/etcd/connection/credentials.js';
import { removeAtExit } from '../../../support/process/guarded.js';

const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
removeAtExit(folder);
const usernameFile = join(folder, 'username');
const passwordFile = join(folder, 'password');
const atTheStart = { username: 'first', password: 'first-pw' };

test('what came from a file is read again each time, the user name as well as the password', () => {
	const source = { ...atTheStart, usernameFile, passwordFile };
	for (const time of ['second', 'third']) {
		writeFileSync(usernameFile, `${time}\n`);
		writeFileSync(passwordFile, `${time}-pw\r\n`);
		expect(readCredentials(source)).toEqual({ username: time, password: `${time}-pw` });
	}
	expect(readCredentials({ ...atTheStart, usernameFile })).toEqual({
		username: 'third',
		password: 'first-pw',
	});
	expect(readCredentials(atTheStart)).toEqual(atTheStart);
});

test('a file that is empty or gone is named, and no value is told', () => {
	writeFileSync(usernameFile, '\n');
	const wrong = { name: 'StoreError', code: 'authentication-failed' };
	const read = () => readCredentials({ ...atTheStart, usernameFile });
	expect(read).toThrow(expect.objectContaining(wrong));
	expect(read).toThrow(`the file with the user name for etcd, ${usernameFile}, is empty`);
	rmSync(usernameFile);
	expect(read).toThrow(/cannot be read \(ENOENT\)/);
	expect(read).not.toThrow(/first/);
});
