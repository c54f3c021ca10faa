import type { VerifyResult } from '../verify/verify.ts'
import { countOutcomes } from './summary.ts'

/** The report for programs; its shape is `@keelson/cli/report.schema.json`, whose version changes when a field is taken away. */
export function jsonReport(result: VerifyResult): string {
  const { service, target, profile, startedAt, durationMs, readyAfterMs, checks, stop } = result
  const document = {
    version: 1,
    service,
    target,
    profile,
    startedAt,
    durationMs: Math.round(durationMs),
    ...(readyAfterMs === undefined ? {} : { readyAfterMs: Math.round(readyAfterMs) }),
    counts: countOutcomes(result),
    ...(stop === undefined
      ? {}
      : {
          stop: {
            sentCount: stop.load.sentCount,
            lostCount: stop.load.lost.length,
            lost: stop.load.lost.map(({ atMs, connection, what }) => ({
              atMs: Math.round(atMs),
              connection,
              what,
            })),
            ...(stop.exit === undefined
              ? {}
              : {
                  exit: { code: stop.exit.code, signal: stop.exit.signal, atMs: Math.round(stop.exit.atMs) },
                }),
          },
        }),
    checks: checks.map(({ id, group, title, level, status, problems, note, remedy }) => ({
      id,
      group,
      title,
      level,
      status,
      problems,
      ...(note === undefined ? {} : { note }),
      remedy,
    })),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
