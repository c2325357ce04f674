/** Prints how many tests passed and failed, from the report that vitest writes when CI is set. */
import { existsSync, readFileSync } from 'node:fs';

const report = new URL('../test-results.json', import.meta.url);
// Without a report the run ended before its first test: a type, lint or build error.
const { numPassedTests, numFailedTests } = existsSync(report)
  ? JSON.parse(readFileSync(report, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 1 };
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
