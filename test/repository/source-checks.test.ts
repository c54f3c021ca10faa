import { describe, expect, it } from 'vitest'
import { checkChannels } from '../../scripts/check-channels.ts'
import { checkErrors } from '../../scripts/check-errors.ts'
import { checkFlows } from '../../scripts/check-flows.ts'
import { checkLines, lineLimit } from '../../scripts/check-lines.ts'
import { checkMetrics } from '../../scripts/check-metrics.ts'
import { checkOptions } from '../../scripts/check-options.ts'
import { readText } from '../../scripts/repository.ts'
import { createTree, packageTree, type Tree } from './tree.ts'

describe('checkLines', () => {
  it('refuses a file of 401 lines and takes one of 400', () => {
    const root = createTree({
      'packages/a/src/long.ts': 'export {}\n'.repeat(lineLimit + 1),
      'packages/a/src/enough.ts': 'export {}\n'.repeat(lineLimit),
    })
    expect(checkLines(root).problems).toEqual([expect.stringContaining('packages/a/src/long.ts: 401 lines')])
  })
})

describe('checkOptions', () => {
  it.each(['timeout', 'connectTimeout', 'delay', 'interval', 'ttl'])('refuses a number named %s', (name) => {
    const source = `export interface Options {\n  readonly ${name}?: number\n}\n`
    const { problems } = checkOptions(createTree(packageTree('a', {}, source)))
    expect(problems).toEqual([expect.stringContaining(`packages/a/src/index.ts:2: \`${name}\``)])
  })

  it('takes a unit in the name, a text, and a comment', () => {
    const source =
      "// timeout: number\nexport interface Options {\n  readonly timeoutMs?: number\n  readonly ttl?: string\n}\nexport const text = 'delay: number'\nexport const other = { crlfDelay: Number.POSITIVE_INFINITY }\n"
    expect(checkOptions(createTree(packageTree('a', {}, source))).problems).toEqual([])
  })
})

describe('checkErrors', () => {
  const listed: Tree = {
    'packages/a/src/errors.ts':
      "export const aErrors = { KEELSON_A_BROKEN: 'It is broken. Mend it.' } as const\n",
  }
  const thrower = "export function a(): never {\n  throw new Error('KEELSON_A_BROKEN')\n}\n"

  it('passes once the page is written, and writes what it says', async () => {
    const root = createTree({ ...packageTree('a', {}, thrower), ...listed })
    expect((await checkErrors(root, { write: true })).problems).toEqual([])
    expect(readText(root, 'docs/reference/errors.md')).toContain(
      '| `KEELSON_A_BROKEN` | It is broken. Mend it. |',
    )
    expect((await checkErrors(root)).problems).toEqual([])
  })

  it('refuses a page that is out of date', async () => {
    const root = createTree({
      ...packageTree('a', {}, thrower),
      ...listed,
      'docs/reference/errors.md': '# Errors\n',
    })
    expect((await checkErrors(root)).problems).toEqual([
      expect.stringContaining('docs/reference/errors.md is out of date'),
    ])
  })

  it('refuses a code that no catalogue lists', async () => {
    const source = `${thrower}export const other = 'KEELSON_A_OTHER'\n`
    const root = createTree({ ...packageTree('a', {}, source), ...listed })
    const { problems } = await checkErrors(root, { write: true })
    expect(problems[0]).toContain('packages/a/src/index.ts:4: KEELSON_A_OTHER is in no src/errors.ts')
  })

  it('refuses a listed code that nobody throws, a mention in a comment not counted', async () => {
    const root = createTree({ ...packageTree('a', {}, '// KEELSON_A_BROKEN\nexport {}\n'), ...listed })
    expect((await checkErrors(root, { write: true })).problems).toEqual([
      expect.stringContaining('KEELSON_A_BROKEN is listed and never thrown'),
    ])
  })

  it('refuses a page that names an unknown code, and knows environment variables', async () => {
    const root = createTree({
      ...packageTree('a', {}, thrower),
      ...listed,
      'README.md': 'Set KEELSON_STATE_DIR.\nExpect KEELSON_A_BROKE.\n',
    })
    expect((await checkErrors(root, { write: true })).problems).toEqual([
      expect.stringContaining('README.md:2: KEELSON_A_BROKE is neither'),
    ])
  })

  it('refuses a code that two packages list', async () => {
    const root = createTree({
      ...packageTree('a', {}, thrower),
      ...packageTree('b', {}, thrower),
      ...listed,
      'packages/b/src/errors.ts': listed['packages/a/src/errors.ts'] ?? '',
    })
    expect((await checkErrors(root, { write: true })).problems).toEqual([
      'KEELSON_A_BROKEN is listed by @fixture/a and by @fixture/b',
    ])
  })
})

describe('checkMetrics', () => {
  const catalogue = `export const metricCatalogue = [
  { name: 'keelson_a_seconds', type: 'histogram', help: 'Time of a.', labels: ['route'], unit: 'seconds', buckets: [1, 2] },
]\n`
  const tree = (source: string): Tree => ({
    ...packageTree('metrics', {}, source),
    'packages/metrics/src/catalogue.ts': catalogue,
  })

  it('passes once the page is written, and knows the series of a histogram', async () => {
    const root = createTree({
      ...tree("export const a = 'keelson_a_seconds'\n"),
      'README.md': 'keelson_a_seconds_bucket',
    })
    expect((await checkMetrics(root, { write: true })).problems).toEqual([])
    expect(readText(root, 'docs/reference/metrics.md')).toContain(
      '| `keelson_a_seconds` | histogram | seconds | `route` |',
    )
  })

  it('refuses names that the catalogue lacks, in sources and in pages', async () => {
    const source = "export const a = ['keelson_a_seconds', 'keelson_b_total', 'nodejs_c_bytes']\n"
    const root = createTree({
      ...tree(source),
      'docs/guide.md': 'See keelson_d_total and keelson_client_*.\n',
    })
    const { problems } = await checkMetrics(root, { write: true })
    expect(problems.map((problem) => problem.split(' ')[1])).toEqual([
      'keelson_b_total',
      'nodejs_c_bytes',
      'keelson_d_total',
    ])
  })

  it('refuses a listed metric that no source fills, and a page that is out of date', async () => {
    const { problems } = await checkMetrics(createTree(tree('// keelson_a_seconds\nexport {}\n')))
    expect(problems).toEqual([
      expect.stringContaining('keelson_a_seconds is listed and no source fills it'),
      expect.stringContaining('docs/reference/metrics.md is out of date'),
    ])
  })
})

describe('checkChannels', () => {
  const payloads = `/** All. */
export interface ChannelPayloads {
  'keelson.a.changed': AChanged
}

/** What a may be. */
export type AState = 'on' | 'off'

/** A changed. */
export interface AChanged {
  readonly service: string
  /** New state. */
  readonly to: AState
}
`
  const tree = (source: string): Tree => ({
    ...packageTree('core', {}, source),
    'packages/core/src/channels/payloads.ts': payloads,
  })

  it('writes fields, meanings and who publishes', () => {
    const root = createTree(tree("channel('keelson.a.changed').publish({})\n"))
    expect(checkChannels(root, { write: true }).problems).toEqual([])
    const page = readText(root, 'docs/reference/channels.md')
    expect(page).toContain(
      '## keelson.a.changed\n\nA changed. Published by `@fixture/core`; listened to by nobody.',
    )
    expect(page).toContain("| `to` | `'on' \\| 'off'` | New state. |")
    expect(checkChannels(root).problems).toEqual([])
  })

  it('refuses a channel that nobody publishes, and a page that is out of date', () => {
    expect(checkChannels(createTree(tree("subscribe('keelson.a.changed', () => {})\n"))).problems).toEqual([
      expect.stringContaining('keelson.a.changed is declared and nobody publishes it'),
      expect.stringContaining('docs/reference/channels.md is out of date'),
    ])
  })
})

describe('checkFlows', () => {
  const tree: Tree = {
    ...packageTree('a', {}, "import '@fixture/b'\n"),
    ...packageTree('b', {}, "import './middle.ts'\n"),
    'packages/b/src/middle.ts': "export { value } from './last.ts'\n",
    'packages/b/src/last.ts': 'export const value: number = 1\n',
  }

  it('passes when each file is reached from one before it, through other files too', () => {
    const page = flow(['a/src/index.ts', 'b/src/index.ts', 'packages/b/src/last.ts'])
    expect(checkFlows(createTree({ ...tree, 'docs/flows/a.md': page })).problems).toEqual([])
  })

  it('refuses a wrong order and a file that is gone', () => {
    const page = flow(['b/src/index.ts', 'a/src/index.ts', 'b/src/gone.ts'])
    expect(checkFlows(createTree({ ...tree, 'docs/flows/a.md': page })).problems).toEqual([
      expect.stringContaining('docs/flows/a.md:4: packages/a/src/index.ts is not imported'),
      expect.stringContaining('docs/flows/a.md:5: packages/b/src/gone.ts does not exist'),
    ])
  })

  it('starts anew at a heading', () => {
    const page = `${flow(['b/src/index.ts'])}\n## Outgoing\n\n- \`a/src/index.ts\`\n`
    expect(checkFlows(createTree({ ...tree, 'docs/flows/a.md': page })).problems).toEqual([])
  })

  it('refuses a repository without flows, and a page without files', () => {
    expect(checkFlows(createTree(tree)).problems).toHaveLength(1)
    expect(checkFlows(createTree({ ...tree, 'docs/flows/a.md': '# A flow\n' })).problems).toHaveLength(1)
  })
})

/** A page that lists files. */
function flow(paths: readonly string[]): string {
  return `# A flow\n\n${paths.map((path, at) => `${at + 1}. \`${path}\`: why\n`).join('')}`
}
