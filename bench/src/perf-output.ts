/** Instructions that a process executed. */
export interface InstructionCounts {
  readonly user: number
  readonly kernel: number
}

/**
 * Reads what `perf stat -x, -e instructions:u,instructions:k` writes: one line of comma-separated values an event.
 *
 * @throws Error when the machine has no such counter, as most virtual machines, or does not let the user read it
 */
export function parsePerf(output: string): InstructionCounts {
  return { user: countOf(output, 'instructions:u'), kernel: countOf(output, 'instructions:k') }
}

function countOf(output: string, event: string): number {
  const line = output.split('\n').find((text) => text.split(',')[2] === event)
  const count = Number(line?.split(',')[0])
  if (line === undefined || !Number.isFinite(count)) {
    throw new Error(`perf did not count ${event}; the instructions run needs no counter:\n${output}`)
  }
  return count
}
