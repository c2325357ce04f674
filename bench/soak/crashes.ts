/**
 * `tsx bench/soak/crashes.ts [KILLS [SEED]]`: kills the built service while clients write, and prints what became of what it had
 * acknowledged. Ends with code 1 where anything was lost.
 */
import { crashAgainAndAgain } from '../../test/support/crashes.ts';

const [kills = '100', seed = '1'] = process.argv.slice(2);
const begun = Date.now();
const { acknowledged, started, failures, integrity } = await crashAgainAndAgain(Number(kills), Number(seed));
console.table({
  kills: kills,
  seed: seed,
  'acknowledged writes': acknowledged,
  'runs started': started,
  contradictions: failures.length,
  integrity_check: JSON.stringify(integrity),
  seconds: Math.round((Date.now() - begun) / 1000),
});
for (const failure of failures) console.log(failure);
const isSound = failures.length === 0 && JSON.stringify(integrity) === '[{"integrity_check":"ok"}]';
process.exitCode = isSound ? 0 : 1;
