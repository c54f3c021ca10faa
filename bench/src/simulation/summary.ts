/** Values of which each is shown; of more there are the mean, the range and how many miss the bar. */
const shownCount = 5

/** What was found with several seeds, for a cell of a table. */
export function summary(found: readonly number[], holds: (value: number) => boolean): string {
  if (found.length <= shownCount) return found.map((value) => value.toFixed(3)).join(', ')
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length
  const missedCount = found.filter((value) => !holds(value)).length
  return `${mean.toFixed(4)} (${Math.min(...found).toFixed(3)}–${Math.max(...found).toFixed(3)}), ${missedCount} of ${found.length} miss`
}
