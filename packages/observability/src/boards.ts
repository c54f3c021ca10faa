import type { MetricDefinition } from '@keelson/metrics'
import type { Board } from './board.ts'
import { customRow } from './custom-row.ts'
import { dependencyRow } from './dependency-row.ts'
import { processRows } from './process-rows.ts'
import { requestRows } from './request-rows.ts'
import { signalRows } from './signal-rows.ts'

/** The board that fits every keelson service. */
export const houseBoard: Board = {
  uid: 'keelson-services',
  title: 'keelson services',
  rows: [...requestRows, dependencyRow(), ...processRows, ...signalRows],
}

/** The board of one service: a row for each of its dependencies, and a panel for each metric of its own. */
export function serviceBoard(
  service: string,
  job: string,
  dependencies: readonly string[],
  metrics: readonly MetricDefinition[],
): Board {
  return {
    uid: `keelson-${service}`.slice(0, 40),
    title: `keelson ${service}`,
    job,
    rows: [
      ...requestRows,
      ...customRow(service, metrics),
      ...dependencies.map((dependency) => dependencyRow(dependency)),
      ...processRows,
      ...signalRows,
    ],
  }
}
