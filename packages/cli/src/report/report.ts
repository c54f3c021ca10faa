import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { VerifyResult } from '../verify/verify.ts'
import { htmlReport } from './html.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { sarifReport } from './sarif.ts'
import { tapReport } from './tap.ts'

/** Name of a form that reports can have. */
export type ReportFormat = 'junit' | 'json' | 'tap' | 'sarif' | 'html'

const writers: Readonly<Record<ReportFormat, (result: VerifyResult) => string>> = {
  junit: junitReport,
  json: jsonReport,
  tap: tapReport,
  sarif: sarifReport,
  html: htmlReport,
}

/** A report to write: standard output stays for people. */
export interface ReportTarget {
  readonly format: ReportFormat
  readonly path: string
}

/**
 * Reads `junit=verify.xml`.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`
 */
export function parseReportTarget(text: string, cwd: string): ReportTarget {
  const at = text.indexOf('=')
  const [format, path] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  if (!isFormat(format) || path === '') {
    throw new KeelsonError(
      'KEELSON_CLI_USAGE',
      `--report ${text} is wrong. Write --report format=file; formats are ${Object.keys(writers).join(', ')}.`,
    )
  }
  return { format, path: isAbsolute(path) ? path : join(cwd, path) }
}

/**
 * Writes every report, making folders as needed.
 *
 * @throws KeelsonError `KEELSON_CLI_REPORT_UNWRITABLE`
 */
export function writeReports(targets: readonly ReportTarget[], result: VerifyResult): void {
  for (const { format, path } of targets) writeReport(path, writers[format](result))
}

/**
 * Writes one report.
 *
 * @throws KeelsonError `KEELSON_CLI_REPORT_UNWRITABLE`
 */
export function writeReport(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (error) {
    throw new KeelsonError(
      'KEELSON_CLI_REPORT_UNWRITABLE',
      `The report ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    )
  }
}

function isFormat(text: string): text is ReportFormat {
  return Object.hasOwn(writers, text)
}
