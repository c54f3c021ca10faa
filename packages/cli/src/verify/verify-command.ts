import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { createProgress } from '../report/progress.ts'
import { prettyReport } from '../report/pretty.ts'
import { writeReports } from '../report/report.ts'
import { countOutcomes } from '../report/summary.ts'
import { createStyle } from '../terminal.ts'
import { createCatalogue } from './catalogue.ts'
import type { Check } from './check.ts'
import { leakCheck } from './checks/leak-check.ts'
import type { CheckOutcome } from './judge.ts'
import { verifyHelp } from './verify-help.ts'
import { readVerifyOptions, type VerifyRequest } from './verify-options.ts'
import { verify } from './verify.ts'

/** `keelson verify`. */
export const command: CommandModule = { help: verifyHelp, run }

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const catalogue = createCatalogue(new Date().toISOString().slice(0, 10))
  const request = readVerifyOptions(args, io, catalogue)
  if (request.action === 'verify') return verifyAndReport(request, io)
  const chosen = request.action === 'explain' ? catalogue.filter(({ id }) => id === request.id) : catalogue
  io.out(request.action === 'explain' ? chosen.map(explain).join('\n') : list(chosen))
  return cliExitCodes.pass
}

async function verifyAndReport(
  request: Extract<VerifyRequest, { action: 'verify' }>,
  io: CommandIo,
): Promise<number> {
  const progress = createProgress(io)
  const { target, contract, only, skips, leak, reports, maxWarnings } = request
  const { cwd, env, signal } = io
  const options = { target, contract, only, skips, leak, cwd, env, signal, onStep: progress.step }
  const result = await verify(options).finally(() => progress.clear())
  io.out(prettyReport(result, createStyle(io.outIsTerminal, io.env)))
  writeReports(reports, result)
  tellUnjudged(result.checks, io)
  const { errors, warnings } = countOutcomes(result)
  const tooMany = maxWarnings !== undefined && warnings > maxWarnings
  if (tooMany) io.err(`keelson: ${warnings} warnings, more than --max-warnings ${maxWarnings}\n`)
  return errors > 0 || tooMany ? cliExitCodes.broken : cliExitCodes.pass
}

/** Whoever asks for a check is told when it could not be judged: a silent skip reads like a pass. */
function tellUnjudged(checks: readonly CheckOutcome[], { err }: CommandIo): void {
  for (const { id, status, note } of checks) {
    if (id === leakCheck.id && status === 'skip') err(`keelson: ${id} was not judged: ${note}\n`)
  }
}

function list(catalogue: readonly Check[]): string {
  const width = Math.max(...catalogue.map(({ id }) => id.length))
  const rows = catalogue.map(({ id, levels, needsProcess, isOptIn, title }) => {
    const level = `${levels.keelson}/${levels.generic}`.padEnd(15)
    return `${id.padEnd(width)}  ${level}  ${needsProcess ? 'process' : 'url    '}  ${title}${isOptIn ? ' (only with --leak)' : ''}`
  })
  return `${'id'.padEnd(width)}  keelson/generic  needs    holds\n${rows.join('\n')}\n`
}

function explain({ id, title, levels, needsProcess, isOptIn, reason, remedy }: Check): string {
  return [
    `${id}: ${title}`,
    `level    ${levels.keelson} (profile keelson), ${levels.generic} (profile generic)`,
    `needs    ${needsProcess ? 'a process that the command starts' : 'a URL'}${isOptIn ? '; judged only with --leak' : ''}`,
    `why      ${reason}`,
    `remedy   ${remedy}`,
    '',
  ].join('\n')
}
