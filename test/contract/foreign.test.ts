// Services that nobody here wrote the contract for. Each finding is a fact about the service, explained beside it: a new one
// is either a false positive of the check or news about the service.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { completeContract, verify, type ContractFile } from '@keelson/cli'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'

interface Foreign {
  readonly command: readonly string[]
  readonly paths: NonNullable<ContractFile['paths']>
  /** Ids that are found, every time. */
  readonly found: readonly string[]
  /** Ids that depend on the version of the server. */
  readonly possible?: readonly string[]
}

const prometheus = requireServer('prometheus')
const etcd = requireServer('etcd')
const folder = mkdtempSync(join(tmpdir(), 'keelson-foreign-'))
writeFileSync(join(folder, 'prometheus.yml'), 'global:\n  scrape_interval: 15s\n')

const node = (file: string): readonly string[] => [
  process.execPath,
  join(repositoryRoot, 'test/contract/services', file),
]
const health = { liveness: '/healthz', readiness: '/healthz', metrics: 'none' }
// Closes at once: what comes in the second after SIGTERM is refused. Whether a probe still gets an answer before, and so
// shows that readiness did not fall, is a race that each of these servers may win or lose.
const closesAtOnce = ['stop.no-lost-request']
const racing = ['stop.readiness-falls']

const services: Readonly<Record<string, Foreign>> = {
  // No handler of SIGTERM: dies by it. x-powered-by is Express' default.
  'plain Express': {
    command: node('express.mjs'),
    paths: health,
    found: [...closesAtOnce, 'stop.exit-code', 'security.powered-by'],
  },
  // Answers 503 while it closes, if a probe gets through in time.
  'Fastify with close-with-grace': {
    command: node('fastify-close-with-grace.mjs'),
    paths: health,
    found: ['stop.no-lost-request'],
  },
  // Waits, and so loses nothing; ends by raising the signal again, and keeps connections open while it waits.
  '@godaddy/terminus': {
    command: node('terminus.mjs'),
    paths: health,
    found: ['stop.connection-close', 'stop.exit-code'],
  },
  // Waits too, without telling by readiness.
  'NestJS with Terminus': {
    command: node('nest-terminus.mjs'),
    paths: health,
    found: ['stop.readiness-falls', 'stop.connection-close', 'stop.exit-code', 'security.powered-by'],
  },
}

const servers: Readonly<Record<string, Foreign>> = {
  ...(prometheus.path === undefined
    ? {}
    : {
        prometheus: {
          command: [
            prometheus.path,
            '--config.file=prometheus.yml',
            '--storage.tsdb.path=./data',
            '--web.listen-address=127.0.0.1:{port}',
          ],
          paths: { sample: '/-/healthy', liveness: '/-/healthy', readiness: '/-/ready' },
          found: closesAtOnce,
        },
      }),
  ...(etcd.path === undefined
    ? {}
    : {
        // Metrics of etcd are older than the rules, and one has 700 series before its first call.
        etcd: {
          command: [
            etcd.path,
            '--data-dir=./etcd',
            '--listen-client-urls=http://127.0.0.1:{port}',
            '--advertise-client-urls=http://127.0.0.1:{port}',
            '--listen-peer-urls=http://127.0.0.1:0',
          ],
          paths: { sample: '/version', liveness: '/health', readiness: '/health' },
          found: [...closesAtOnce, 'stop.exit-code', 'metrics.naming'],
          possible: ['metrics.series-count'],
        },
      }),
}

describe.each(Object.entries({ ...services, ...servers }))(
  '%s',
  (service, { command, paths, found, possible = [] }) => {
    it('is verified without a crash, and without a finding that is not explained', async () => {
      const limits = { probe: '1500ms', scrape: '1500ms' }
      const contract = completeContract({ service, profile: 'generic', paths, limits })
      const signal = new AbortController().signal
      const target = { kind: 'command', command } as const
      const { checks, stop } = await verify({ target, contract, cwd: folder, env: process.env, signal })
      const ids = checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
      const open = [...possible, ...racing]
      expect(settled(ids, open)).toEqual(settled(found, open))
      process.stdout.write(`${service}: ${stop?.load.lost.length} of ${stop?.load.sentCount} requests lost\n`)
    })
  },
)

/** The findings that do not depend on who is quicker. */
function settled(ids: readonly string[], open: readonly string[]): ReadonlySet<string> {
  return new Set(ids.filter((id) => !open.includes(id)))
}
