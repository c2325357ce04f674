/**
 * `tsx bench/soak/sequences.ts [SEQUENCES [SEED]]`: plays random sequences of operations on services and the reference model,
 * and prints how often each operation was answered. Ends with code 1 where the two differ.
 */
import { Difference, playSequences } from '../../test/support/sequences.ts';

const [sequences = '2000', seed = '1'] = process.argv.slice(2);
const begun = Date.now();
try {
  const { sequences: played, answered } = await playSequences(Number(sequences), Number(seed));
  console.table(answered);
  const steps = Object.values(answered).reduce((sum, { well, refused }) => sum + well + refused, 0);
  console.table({ sequences: played, seed, steps, seconds: Math.round((Date.now() - begun) / 1000) });
} catch (error) {
  if (!(error instanceof Difference)) throw error;
  console.log(error.message);
  process.exitCode = 1;
}
