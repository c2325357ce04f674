/** What has gone wrong, as the log says it: with the place in the program, where that is known. */
export function logText(problem: unknown): string {
  return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
}
