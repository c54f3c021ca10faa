import type { Board, Panel, Row, Target } from './board.ts'

/** Version of Grafana's classic dashboard format that Grafana 12 writes; later ones read it. */
const schemaVersion = 42

const columns = 24
const panelHeight = 8
const statHeight = 4

const datasource = { type: 'prometheus', uid: '${datasource}' }

/** Writes a board as Grafana imports it. The same board gives the same text. */
export function boardJson({ uid, title, job, rows }: Board): string {
  const board = {
    annotations: { list: [builtInAnnotation, startAnnotation] },
    editable: false,
    graphTooltip: 1,
    links: [],
    panels: placed(rows),
    refresh: '30s',
    schemaVersion,
    tags: ['keelson'],
    templating: { list: [datasourceVariable, jobVariable(job), instanceVariable] },
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    title,
    uid,
    version: 1,
  }
  return `${JSON.stringify(board, undefined, 2)}\n`
}

/** Lays panels out from left to right, row by row. */
function placed(rows: readonly Row[]): readonly object[] {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push(rowJson(row.title, panels.length + 1, y++))
    let x = 0
    let height = 0
    for (const panel of row.panels) {
      const w = panel.width ?? 8
      if (x + w > columns) {
        y += height
        x = 0
        height = 0
      }
      const h = panel.kind === 'stat' ? statHeight : panelHeight
      panels.push({ ...panelJson(panel), gridPos: { h, w, x, y }, id: panels.length + 1 })
      x += w
      height = Math.max(height, h)
    }
    y += height
  }
  return panels
}

function rowJson(title: string, id: number, y: number): object {
  return { type: 'row', title, id, collapsed: false, gridPos: { h: 1, w: columns, x: 0, y }, panels: [] }
}

function panelJson({ title, description, kind, unit, targets, states }: Panel): object {
  return {
    type: kind,
    title,
    description,
    datasource,
    fieldConfig: {
      defaults: {
        unit,
        // A ratio or a count below zero says nothing, and an axis that begins elsewhere exaggerates.
        ...(kind === 'timeseries' ? { min: 0, custom: { fillOpacity: 10, showPoints: 'never' } } : {}),
        ...(states === undefined ? {} : { mappings: [stateMappings(states)] }),
      },
      overrides: [],
    },
    options: optionsOf[kind],
    targets: targets.map(targetJson),
  }
}

const optionsOf: Readonly<Record<Panel['kind'], object>> = {
  timeseries: {
    legend: { calcs: ['max', 'lastNotNull'], displayMode: 'table', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  stat: {
    colorMode: 'value',
    graphMode: 'area',
    reduceOptions: { calcs: ['lastNotNull'] },
    textMode: 'auto',
  },
  'state-timeline': { mergeValues: true, rowHeight: 0.8, showValue: 'auto' },
}

function targetJson({ expr, legend, exemplar }: Target, index: number): object {
  return {
    datasource,
    ...(exemplar === true ? { exemplar } : {}),
    expr,
    legendFormat: legend,
    range: true,
    refId: String.fromCodePoint(65 + index),
  }
}

function stateMappings(states: NonNullable<Panel['states']>): object {
  const options = Object.entries(states).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ])
  return { type: 'value', options: Object.fromEntries(options) }
}

const builtInAnnotation = {
  builtIn: 1,
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
  name: 'Annotations & Alerts',
  type: 'dashboard',
}

/** A line at every start of a process: restarts and deployments beside whatever else changed. */
const startAnnotation = {
  datasource,
  enable: true,
  expr: 'process_start_time_seconds{job=~"$job",instance=~"$instance"} * 1000',
  iconColor: 'blue',
  name: 'Starts',
  titleFormat: '{{instance}} started',
  useValueForTime: 'on',
}

const datasourceVariable = {
  label: 'Data source',
  name: 'datasource',
  query: 'prometheus',
  refresh: 1,
  type: 'datasource',
}

function jobVariable(job: string | undefined): object {
  return {
    ...labelVariable('job', 'Job', 'label_values(keelson_build_info, job)'),
    current: job === undefined ? { text: 'All', value: '$__all' } : { text: job, value: job },
  }
}

const instanceVariable = {
  ...labelVariable('instance', 'Instance', 'label_values(keelson_build_info{job=~"$job"}, instance)'),
  current: { text: 'All', value: '$__all' },
}

/** Looked up again when the time range changes: replicas come and go. */
function labelVariable(name: string, label: string, query: string): object {
  return {
    allValue: '.+',
    datasource,
    includeAll: true,
    label,
    multi: true,
    name,
    query: { query, refId: `${label}Variable` },
    refresh: 2,
    sort: 1,
    type: 'query',
  }
}
