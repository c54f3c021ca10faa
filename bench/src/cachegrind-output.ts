/**
 * Reads the number of instructions that a process executed in user space, from the log of
 * `valgrind --tool=cachegrind --cache-sim=no`.
 *
 * @throws Error when the process ended before valgrind wrote the count
 */
export function parseInstructionCount(log: string): number {
  const digits = /^==\d+== I\s+refs:\s+([\d,]+)$/m.exec(log)?.[1]
  if (digits === undefined) throw new Error(`valgrind did not count any instruction:\n${log}`)
  return Number(digits.replaceAll(',', ''))
}
