import type { Panel } from './board.ts'

/** A panel with one line for each replica. */
export function perInstance(title: string, description: string, unit: Panel['unit'], expr: string): Panel {
  return { title, description, kind: 'timeseries', unit, targets: [{ expr, legend: '{{instance}}' }] }
}
