// The rules of Grafana's dashboard linter (grafana/dashboard-linter, docs/index.md) that concern Prometheus, on a board as JSON.

/** A board as far as the rules look at it. */
export interface LintedBoard {
  readonly editable: boolean
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly LintedPanel[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly label: string
  readonly query: string | { readonly query: string }
  readonly refresh?: number
  readonly multi?: boolean
  readonly allValue?: string
  readonly datasource?: { readonly uid: string }
}

interface LintedPanel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly datasource?: { readonly uid: string } }[]
}

/** Names of Grafana's unit formats that a board of ours may use. */
const knownUnits: ReadonlySet<string> = new Set([
  'short',
  's',
  'bytes',
  'Bps',
  'percentunit',
  'reqps',
  'ops',
  'dateTimeAsIso',
])

/** Problems of a board, each beginning with the name of its rule. */
export function lintBoard(board: LintedBoard): readonly string[] {
  return [
    ...(board.editable ? ['uneditable-dashboard: the board can be edited in place'] : []),
    ...datasourceProblems(board.templating.list),
    ...labelVariableProblems(board.templating.list, 'job', 'Job'),
    ...labelVariableProblems(board.templating.list, 'instance', 'Instance'),
    ...board.panels.filter(({ type }) => type !== 'row').flatMap(panelProblems),
  ]
}

/** Every selector of a query: name and matchers. */
export function selectorsOf(expr: string): readonly string[] {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) => text.replaceAll(/[{}]/g, '.'))
  const names = bare.matchAll(
    /(?<![\w:$])[a-zA-Z_:][\w:]*(?:\{[^}]*\})?(?!\s*\()(?=\s*(?:\[|\)|,|$|[-+*/<>=!]|and\b|or\b|unless\b|\n))/g,
  )
  return [...names]
    .filter(({ 0: text, index }) => !isWordOfPromql(bare, text, index))
    .map(({ index, 0: { length } }) => expr.slice(index, index + length))
}

function isWordOfPromql(expr: string, text: string, index: number): boolean {
  if (/^(?:and|or|unless|by|on|ignoring|without|bool|offset)$/.test(text)) return true
  // A label in the list after `by`, `on` and their like.
  const before = expr.slice(0, index)
  return /\b(?:by|on|ignoring|without|group_left|group_right)\s*\([^()]*$/.test(before)
}

function datasourceProblems(variables: readonly Variable[]): readonly string[] {
  const found = variables.filter(({ type }) => type === 'datasource')
  const [variable] = found
  if (found.length !== 1 || variable === undefined) return ['template-datasource: there must be exactly one']
  const isRight =
    variable.name === 'datasource' && variable.label === 'Data source' && variable.query === 'prometheus'
  return isRight ? [] : ['template-datasource: name, label or query is not as it should be']
}

function labelVariableProblems(
  variables: readonly Variable[],
  name: string,
  label: string,
): readonly string[] {
  const variable = variables.find((one) => one.name === name)
  if (variable === undefined) return [`template-${name}: there is none`]
  const query = typeof variable.query === 'string' ? variable.query : variable.query.query
  const demands: readonly (readonly [rule: string, kept: boolean])[] = [
    [`template-${name}: the label is not ${label}`, variable.label === label],
    [`template-${name}: it is no query`, variable.type === 'query'],
    [
      `template-${name}: it does not use the data source variable`,
      variable.datasource?.uid === '${datasource}',
    ],
    [`template-${name}: it takes one value only`, variable.multi === true],
    [`template-${name}: its value for all is not .+`, variable.allValue === '.+'],
    [
      `template-on-time-change-reload: ${name} is not looked up when the time changes`,
      variable.refresh === 2,
    ],
    [
      `template-label-promql: ${query} gives no label values`,
      /^label_values\([\w:]+(?:\{.*\})?, \w+\)$/.test(query),
    ],
  ]
  return demands.filter(([, kept]) => !kept).map(([problem]) => problem)
}

function panelProblems(panel: LintedPanel): readonly string[] {
  const { title, description = '', datasource, targets = [] } = panel
  const unit = panel.fieldConfig?.defaults.unit ?? ''
  const demands: readonly (readonly [rule: string, kept: boolean])[] = [
    ['panel-title-description: title or description is missing', title !== '' && description !== ''],
    ['panel-datasource: it does not use the data source variable', datasource?.uid === '${datasource}'],
    [`panel-units: ${unit} is no unit of Grafana`, knownUnits.has(unit)],
    ['panel-no-targets: it has no query', targets.length > 0],
    ...targets.flatMap(({ expr, datasource: of }) => [
      ['panel-datasource: a query does not use the variable', of?.uid === '${datasource}'] as const,
      ...targetDemands(expr),
    ]),
  ]
  return demands.filter(([, kept]) => !kept).map(([problem]) => `${problem} (${title})`)
}

function targetDemands(expr: string): readonly (readonly [rule: string, kept: boolean])[] {
  const selectors = selectorsOf(expr)
  const rateRanges = [...expr.matchAll(/\b(?:rate|irate)\([^[]*\[([^\]]+)\]/g)].map(([, range]) => range)
  const counters = [...expr.matchAll(/(?:(\w+)\()?\b(\w+_total)\b/g)]
  return [
    [`target-promql: no selector in ${expr}`, selectors.length > 0],
    ...selectors.flatMap((one) => [
      [`target-job: ${one}`, one.includes('job=~"$job"')] as const,
      [`target-instance: ${one}`, one.includes('instance=~"$instance"')] as const,
    ]),
    [`target-rate-interval: ${expr}`, rateRanges.every((range) => range === '$__rate_interval')],
    [
      `target-counter-agg: ${expr}`,
      counters.every(([, call]) => call !== undefined && /^(?:rate|irate|increase)$/.test(call)),
    ],
  ]
}
