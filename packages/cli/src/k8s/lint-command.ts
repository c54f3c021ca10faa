import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../command.ts'
import { loadServiceTools } from '../config/service-tools.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { junitReport } from '../report/junit.ts'
import { showFailure } from '../report/pretty.ts'
import { parseReportTarget, writeReport, type ReportTarget } from '../report/report.ts'
import { sarifReport } from '../report/sarif.ts'
import { countOutcomes } from '../report/summary.ts'
import { createStyle } from '../terminal.ts'
import type { CheckOutcome } from '../verify/judge.ts'
import { environmentRules, judgeEnvironment } from './environment-rules.ts'
import { clusterOf, lintManifests } from './lint.ts'
import { buildKustomization } from './kustomize/build.ts'
import { readManifests, type ManifestFile } from './manifest.ts'
import { shapeSources } from './object-shapes.ts'
import { fileRules, rules } from './rules.ts'
import { settingsOfFile, settingsOfService, type ServiceSettings } from './service-settings.ts'
import { readWaivers } from './waiver-file.ts'

const waiverFile = 'keelson.k8s.json'
/** Text of `keelson k8s --help` for `lint`. */
export const lintHelp: string = `keelson k8s lint [options] <file or folder…>
keelson k8s lint [options] -        (reads standard input)

Checks Kubernetes manifests, YAML or JSON, without a cluster: resources, probes, the arithmetic of the stop, labels and
references, security. A folder is built by its kustomization.yaml; the output of kubectl kustomize and of kubectl get -o
json can be piped in. Fields and types are those of
${shapeSources.join(', ')}.

  --service FILE         judge variables by the schema of the service whose definition the module exports; "-" takes
                         src/service.ts and the like of this folder
  --keys FILE            the same by a file that keelson config docs --format keys wrote, where the service is not
  --waivers FILE         findings that are accepted for a while (keelson.k8s.json, if there is one):
                         { "waivers": [{ "id", "object": "Kind/name", "reason", "until": "2027-03-31" }] }
  --skip ID=REASON       leave a rule out, and say why
  --max-warnings N       more warnings than that are a failure
  --report FORMAT=FILE   junit or sarif; as often as wanted
  --list                 all rules
  --explain ID           why a rule is there, and what to do when it fails

Exit codes: 0 no error, 1 errors, 2 wrong command line or a file that cannot be opened, 4 internal error.

  keelson k8s lint --service - --report junit=reports/k8s.xml k8s/overlays/prod
  kubectl kustomize k8s/overlays/prod | keelson k8s lint -
  kubectl get deploy,svc,hpa,pdb,cm -o json | keelson k8s lint -
`

/** `keelson k8s lint`. */
export async function runLint(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(args)
  const known = [...fileRules, ...rules, ...environmentRules]
  if (values.list === true) {
    io.out(known.map(({ id, level, title }) => `${id.padEnd(30)} ${level.padEnd(8)} ${title}\n`).join(''))
    return cliExitCodes.pass
  }
  if (values.explain !== undefined) {
    const rule = known.find(({ id }) => id === values.explain)
    if (rule === undefined)
      throw usage(`"${values.explain}" is no rule. keelson k8s lint --list shows them all.`)
    io.out(
      `${rule.id}: ${rule.title}\nlevel    ${rule.level}\nwhy      ${rule.reason}\nremedy   ${rule.remedy}\n`,
    )
    return cliExitCodes.pass
  }
  if (positionals.length === 0) throw usage('keelson k8s lint takes files, or - for standard input.')
  const skips = new Map(
    (values.skip ?? []).map((one) =>
      readSkip(
        one,
        known.map(({ id }) => id),
      ),
    ),
  )
  const reports = (values.report ?? []).map((one) => readReport(one, io.cwd))
  const maxWarnings = readMaxWarnings(values['max-warnings'])
  const startedAt = new Date()
  const files = await Promise.all(positionals.map((path) => readFile(path, io)))
  const waivers = waiversOf(values.waivers, io.cwd)
  const unknown = waivers.find((waiver) => !known.some(({ id }) => id === waiver.id))
  if (unknown !== undefined)
    throw usage(`"${unknown.id}" in a waiver is no rule. keelson k8s lint --list shows them all.`)
  const settings = await readSettings(values, io.cwd)
  const environment = settings && (await judgeEnvironment(clusterOf(files), settings))
  const today = startedAt.toISOString().slice(0, 10)
  const checks = lintManifests({ files, waivers, skips, today, environment })
  for (const { format, path } of reports) {
    const result = {
      service: 'manifests',
      target: positionals.join(' '),
      checks,
      startedAt: startedAt.toISOString(),
    }
    const whole = { ...result, durationMs: Date.now() - startedAt.getTime(), lastLines: [], stop: undefined }
    writeReport(path, format === 'junit' ? junitReport(whole) : sarifReport(whole))
  }
  const { errors, warnings } = countOutcomes({ checks })
  io.out(show(checks, files, io))
  return errors > 0 || warnings > maxWarnings ? cliExitCodes.broken : cliExitCodes.pass
}

// The type is that of the table; written by hand it would be a second list to keep.
// oxlint-disable-next-line typescript/explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        keys: { type: 'string' },
        waivers: { type: 'string' },
        skip: { type: 'string', multiple: true },
        'max-warnings': { type: 'string' },
        report: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        explain: { type: 'string' },
      },
    })
  } catch (error) {
    throw usage(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)} See keelson k8s --help.`,
    )
  }
}

async function readSettings(
  { service, keys }: { readonly service?: string | undefined; readonly keys?: string | undefined },
  cwd: string,
): Promise<ServiceSettings | undefined> {
  if (service !== undefined && keys !== undefined)
    throw usage('--service and --keys say the same twice; take one of them.')
  if (keys !== undefined) return settingsOfFile(keys, cwd)
  if (service === undefined) return undefined
  return settingsOfService(await loadServiceTools(cwd, service === '-' ? undefined : service), cwd)
}

function readSkip(one: string, known: readonly string[]): readonly [string, string] {
  const at = one.indexOf('=')
  const [id, reason] = [one.slice(0, at), one.slice(at + 1).trim()]
  if (at === -1 || reason === '')
    throw usage(`--skip ${one} has no reason. Write --skip id="why it is left out".`)
  if (!known.includes(id))
    throw usage(`"${id}" in --skip is no rule. keelson k8s lint --list shows them all.`)
  return [id, reason]
}

function readReport(one: string, cwd: string): ReportTarget {
  const target = parseReportTarget(one, cwd)
  if (target.format !== 'junit' && target.format !== 'sarif')
    throw usage(`--report ${one}: keelson k8s lint writes junit and sarif.`)
  return target
}

function readMaxWarnings(written: string | undefined): number {
  if (written === undefined) return Number.POSITIVE_INFINITY
  if (!/^\d+$/.test(written)) throw usage(`--max-warnings is "${written}". It takes a whole number from 0.`)
  return Number(written)
}

async function readFile(path: string, { cwd }: CommandIo): Promise<ManifestFile> {
  if (path === '-') return readManifests(await text(process.stdin), 'stdin')
  const full = isAbsolute(path) ? path : join(cwd, path)
  try {
    if (statSync(full).isDirectory()) return buildKustomization(full, cwd)
    return readManifests(readFileSync(full, 'utf8'), path)
  } catch (error) {
    throw usage(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function waiversOf(written: string | undefined, cwd: string): ReturnType<typeof readWaivers> {
  const path = join(cwd, waiverFile)
  if (written !== undefined) return readWaivers(isAbsolute(written) ? written : join(cwd, written))
  return existsSync(path) ? readWaivers(path) : []
}

function show(checks: readonly CheckOutcome[], files: readonly ManifestFile[], io: CommandIo): string {
  const style = createStyle(io.outIsTerminal, io.env)
  const { errors, warnings } = countOutcomes({ checks })
  const count = files.reduce((sum, { manifests }) => sum + manifests.length, 0)
  const judged = checks.filter(({ status }) => status !== 'skip').length
  const failed = checks.filter(({ status }) => status === 'fail')
  return [
    ...failed.flatMap((one) => showFailure(one, style)),
    `${count} objects, ${judged} rules: ${errors} broken, ${warnings} with warnings`,
    '',
  ].join('\n')
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
