// Keeps files short (STYLE §3): 400 lines is the stop; the median of 120 and 300 for the longest tenth are aims.
import { findFiles, isTest, readText, repositoryRoot, isCommand } from './repository.ts'
import { report, type CheckReport } from './report.ts'

/** Lines at which a file must be split. */
export const lineLimit = 400

/** Counts the lines of every TypeScript file of the repository. */
export function checkLines(root: string): CheckReport {
  const files = findFiles(root, ['{packages,examples,scripts,test,bench}/**/*.ts']).filter(
    (file) => !file.endsWith('/api.d.ts'),
  )
  const counts = files.map((file) => ({ file, count: readText(root, file).split('\n').length - 1 }))
  const shipped = counts.filter(({ file }) => /^packages\/[^/]+\/src\//.test(file) && !isTest(file))
  const sorted = shipped.map(({ count }) => count).toSorted((a, b) => a - b)
  return {
    problems: counts
      .filter(({ count }) => count > lineLimit)
      .map(({ file, count }) => `${file}: ${count} lines; split it, ${lineLimit} is the stop`),
    summary: `${shipped.length} shipped sources: median ${quantile(sorted, 0.5)} lines (aim 120), longest tenth from ${quantile(sorted, 0.9)} (aim 300)`,
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

if (isCommand(import.meta.url)) {
  await report(() => checkLines(repositoryRoot))
}
