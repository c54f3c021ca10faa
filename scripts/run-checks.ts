// Runs checks one after another, says how each went while they run, and goes on after a failure.
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Check } from './checks.ts'
import { runCommand } from './run-command.ts'

/** Where progress goes; a terminal sees which check runs, and colours. */
export type Output = Writable & { readonly isTTY?: boolean }

/** How a check ended. */
export interface CheckResult {
  readonly name: string
  readonly passed: boolean
}

/** Runs every given check to its end; a failing one shows the whole output of its command. */
export async function runChecks(
  checks: readonly Check[],
  stream: Output = process.stdout,
): Promise<readonly CheckResult[]> {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const results: CheckResult[] = []
  for (const [index, check] of checks.entries()) {
    const label = `${String(index + 1).padStart(2)}/${checks.length} ${check.name.padEnd(width)}`
    if (stream.isTTY) stream.write(`.... ${label}`)
    const startedMs = performance.now()
    const { passed, output } = await runOne(check)
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`.padStart(8)
    if (stream.isTTY) stream.write('\r')
    const mark = passed ? colour(stream, 'green', 'ok  ') : colour(stream, 'red', 'FAIL')
    stream.write(`${mark} ${label} ${seconds}  ${passed ? lastLine(output) : ''}\n`)
    if (!passed) stream.write(`${output.trimEnd()}\n\n`)
    results.push({ name: check.name, passed })
  }
  return results
}

/** Paints a text on a terminal, and leaves it alone elsewhere. */
export function colour(stream: Output, name: 'green' | 'red' | 'yellow', text: string): string {
  return stream.isTTY === true ? styleText(name, text) : text
}

async function runOne({ commands }: Check): Promise<{ readonly passed: boolean; readonly output: string }> {
  let whole = ''
  for (const [program, ...args] of commands) {
    const { code, output } = await runCommand(program, args)
    whole += output
    if (code !== 0)
      return { passed: false, output: `${whole}${program} ${args.join(' ')}: exit code ${code}\n` }
  }
  return { passed: true, output: whole }
}

/** The sentence that a check of our own ends with; the tools' own summaries are left out. */
function lastLine(output: string): string {
  const lines = output.trim().split('\n')
  return lines.length === 1 && (lines[0]?.length ?? 0) < 120 ? (lines[0] ?? '') : ''
}
