// `npm run check`: everything about the repository that can be told without a server.
//
//   npm run check                        all checks
//   npm run check -- --only lint,types   some of them
//   npm run check -- --list              their names
import { parseArgs } from 'node:util'
import { checks, type Check } from './checks.ts'
import { isCommand } from './repository.ts'
import { colour, runChecks } from './run-checks.ts'

/**
 * Picks checks by the text of `--only`.
 *
 * @throws Error that lists the known names when one is unknown
 */
export function selectChecks(only: string | undefined, all: readonly Check[] = checks): readonly Check[] {
  if (only === undefined) return all
  const names = only.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !all.some((check) => check.name === name))
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ')
    throw new Error(`There is no check named ${unknown.join(', ')}. Known: ${known}.`)
  }
  return all.filter(({ name }) => names.includes(name))
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } })
  if (values.list === true) {
    for (const { name, holds } of checks) console.log(`${name.padEnd(12)}${holds}`)
    return
  }
  const results = await runChecks(selectChecks(values.only))
  const failed = results.filter(({ passed }) => !passed).map(({ name }) => name)
  const passedCount = results.length - failed.length
  if (failed.length > 0) {
    console.log(colour(process.stdout, 'red', `failed: ${failed.join(', ')}`))
    process.exitCode = 1
  }
  console.log(`${passedCount} passed, ${failed.length} failed`)
}

if (isCommand(import.meta.url)) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
