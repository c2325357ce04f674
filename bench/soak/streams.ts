/**
 * `tsx bench/soak/streams.ts [DISCONNECTS [SEED]]`: clients of streams disconnect and come back while everything behind them fails,
 * and prints what became of what they should have received. Ends with code 1 where anything was lost, came twice or is left over.
 */
import { disconnectAgainAndAgain } from '../../test/support/disconnects.ts';

const [wanted = '3000', seed = '1'] = process.argv.slice(2);
const begun = Date.now();
const { disconnects, failures, ...counts } = await disconnectAgainAndAgain(Number(wanted), Number(seed));
console.table(disconnects);
console.table({ ...counts, seed, failures: failures.length, seconds: Math.round((Date.now() - begun) / 1000) });
for (const failure of failures) console.log(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
