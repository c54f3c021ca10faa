// Every example keeps the whole contract, as `keelson verify` sees it: start, probes, logs, metrics, and the stop under load.
import { join } from 'node:path'
import { completeContract, verify, type ContractFile } from '@keelson/cli'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { startCatalog, startService } from '../e2e/service-process.ts'

// Far above the default: these tests run while others do.
const limits = { probe: '1500ms', scrape: '1500ms' }
const examples: Readonly<Record<string, { readonly folder: string; readonly contract: ContractFile }>> = {
  minimal: {
    folder: 'examples/minimal',
    contract: { paths: { sample: '/hello/verify' }, limits },
  },
  catalog: {
    folder: 'examples/video/catalog',
    contract: {
      paths: { sample: '/switches', slow: '/videos' },
      limits,
      start: { env: { CATALOG__DELAY: '700ms' } },
    },
  },
  delivery: {
    folder: 'examples/video/delivery',
    contract: { paths: { sample: '/slow?seconds=0', slow: '/slow?seconds=0.7' }, limits },
  },
}

describe.each(Object.entries(examples))('%s', (service, { folder, contract }) => {
  it('keeps the contract from start to stop, and loses no request', async () => {
    await using catalog = service === 'delivery' ? await startCatalog() : undefined
    const started = performance.now()
    const result = await verify({
      target: { kind: 'command', command: [process.execPath, '--conditions=keelson-source', 'src/main.ts'] },
      contract: completeContract({ service, ...contract }),
      cwd: join(repositoryRoot, folder),
      env: { ...process.env, ...(catalog === undefined ? {} : { CATALOG_URL: catalog.url }) },
      signal: new AbortController().signal,
    })
    const failed = result.checks.filter(({ status }) => status === 'fail')
    expect(failed.map(({ id, problems }) => [id, problems])).toEqual([])
    expect(result.checks.filter(({ status }) => status === 'pass').length).toBeGreaterThanOrEqual(51)
    expect(result.stop?.load.lost).toEqual([])
    process.stdout.write(`verify of ${service}: ${Math.round(performance.now() - started)} ms\n`)
  })

  it('keeps the contract when asked from outside', async () => {
    await using running = await startService({ main: `${folder}/src/main.ts` })
    const opsPort = Number(new URL(running.opsUrl).port)
    const result = await verify({
      target: { kind: 'url', url: running.url },
      contract: completeContract({ service, opsPort, ...contract }),
      cwd: repositoryRoot,
      env: {},
      signal: new AbortController().signal,
    })
    expect(result.checks.filter(({ status }) => status === 'fail')).toEqual([])
    process.stdout.write(`verify of ${service} from outside: ${Math.round(result.durationMs)} ms\n`)
  })
})

describe('a worker, which serves no requests', () => {
  const options = {
    target: {
      kind: 'command',
      command: [process.execPath, '--conditions=keelson-source', 'test/e2e/services/worker.ts'],
    },
    cwd: repositoryRoot,
    env: process.env,
    signal: new AbortController().signal,
  } as const

  it('keeps the contract, judged by everything that is not about requests', async () => {
    const result = await verify({
      ...options,
      contract: completeContract({ paths: { sample: 'none' }, limits }),
    })
    expect(result.checks.filter(({ status }) => status === 'fail')).toEqual([])
    const skipped = result.checks.filter(({ note }) => note?.includes('serves no requests'))
    expect(skipped.map(({ group }) => group)).toEqual(expect.arrayContaining(['stop', 'request-id']))
    expect(result.checks.find(({ id }) => id === 'stop.exit-code')).toMatchObject({ status: 'pass' })
    expect(result.stop?.load.sentCount).toBe(0)
  })

  it('breaks it when the contract says that it serves some', async () => {
    const result = await verify({ ...options, contract: completeContract({ limits }) })
    const failed = result.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
    expect(failed).toEqual(expect.arrayContaining(['stop.no-lost-request', 'request-id.generated']))
  })
})
