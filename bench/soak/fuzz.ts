/**
 * `tsx bench/soak/fuzz.ts [REQUESTS [SEED]]`: sends a service requests as no client would, and prints what it made of them and
 * how many megabytes were in use meanwhile. Ends with code 1 where it broke.
 */
import { fuzz } from '../../test/support/fuzzing.ts';

const [wanted = '10000', seed = '1'] = process.argv.slice(2);
const begun = Date.now();
const { requests, statuses, failures, memory } = await fuzz(Number(wanted), Number(seed));
console.table(statuses);
console.table({
  requests,
  seed,
  failures: failures.length,
  'heap in MB': memory.join(' '),
  seconds: Math.round((Date.now() - begun) / 1000),
});
for (const failure of failures) console.log(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
