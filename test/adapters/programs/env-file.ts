/**
 * Reads the env file of the first argument, `required` as the second says, as the user of the third, and
 * tells the outcome.
 */
import { readEnvFile } from '../../../src/adapters/dotenv.js';
import { ConfigError } from '../../../src/core/errors.js';

const [path = '', required = 'true', user] = process.argv.slice(2);
if (user !== undefined) process.setuid?.(Number(user));
try {
	const values = readEnvFile(path, { required: required === 'true' });
	process.stdout.write(JSON.stringify({ values, a: process.env.A ?? null, b: process.env.B ?? null }));
} catch (error) {
	process.stdout.write(
		JSON.stringify(
			error instanceof ConfigError ? { code: error.code, message: error.message } : { error: String(error) },
		),
	);
}
