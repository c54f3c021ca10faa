// Keeps units in names (STYLE §5): no number is called timeout, delay, interval or ttl without saying of what.
import { findPackages, findSources, readText, repositoryRoot, isCommand } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { lineAt, readSource } from './source-text.ts'

const unitless = /\b(\w*(?:[tT]imeout|[dD]elay|[iI]nterval|[tT]tl|TTL))\??\s*:\s*(?:\w+\s*\|\s*)?number\b/g

/** Looks for options and parameters of type number whose names say no unit. */
export function checkOptions(root: string): CheckReport {
  const files = findPackages(root).flatMap(({ folder }) => findSources(root, folder))
  const problems = files.flatMap((file) => {
    const { bare } = readSource(readText(root, file))
    return [...bare.matchAll(unitless)].map(
      (match) =>
        `${file}:${lineAt(bare, match.index)}: \`${match[1]}\` is a number without a unit; name it \`${match[1]}Ms\``,
    )
  })
  return {
    problems,
    summary: `${files.length} sources: every timeout, delay, interval and ttl names its unit`,
  }
}

if (isCommand(import.meta.url)) {
  await report(() => checkOptions(repositoryRoot))
}
