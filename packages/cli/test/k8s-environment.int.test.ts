// `keelson k8s lint` with the schema of a real service: by its definition, and by the file that was written from it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readManifests } from '../src/k8s/manifest.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const good = readFileSync(new URL('fixtures/manifests.yaml', import.meta.url), 'utf8')
// Inside the repository, so that the service finds its keelson as an installed one would.
let folder = ''

const files = {
  'src/service.ts': `export const definition = {
    name: 'delivery',
    config: {
      greeting: { format: 'string', default: 'Hello' },
      workers: { format: 'nat', default: 4 },
      db: { host: { format: 'string', env: 'DB_HOST' }, password: { format: 'string', sensitive: true } },
    },
  }`,
  'config/production.json': '{ "db": { "host": "db.internal" }, "shutdown": { "grace": "38s" } }',
  'config/staging.json': '{}',
}

beforeAll(() => {
  folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'service-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function keelson(args: readonly string[], input = '') {
  const command = ['--conditions=keelson-source', bin, ...args]
  return spawnSync(process.execPath, command, { input, cwd: folder, encoding: 'utf8' })
}

/** The manifests with a secret that sets the password, and more variables. */
function manifests(...lines: readonly string[]): string {
  const reference = '{ name: DB__PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }'
  const anchor = '            - { name: SHUTDOWN_GRACE, value: 40s }\n'
  if (!good.includes(anchor)) throw new Error('The manifests have changed')
  return good.replace(anchor, [reference, ...lines].map((line) => `            - ${line}\n`).join(''))
}

/** The same as kubectl prints it. */
function list(text: string): string {
  const items = readManifests(text, '').manifests.map(({ content }) => content)
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

describe('keelson k8s lint with the schema of a service', () => {
  it('finds nothing where everything is known and set, the files of the environment included', () => {
    const { status, stdout, stderr } = keelson(['k8s', 'lint', '--service', '-', '-'], manifests())
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
  })

  it('finds names, values and required keys that are wrong', () => {
    const wrong = manifests('{ name: WORKERS, value: many }', '{ name: WORKER, value: "3" }').replace(
      'value: production',
      'value: staging',
    )
    const { status, stdout } = keelson(['k8s', 'lint', '--service', 'src/service.ts', '-'], wrong)
    expect(status).toBe(1)
    expect(stdout).toContain('sets nothing for db.host (DB__HOST or DB_HOST)')
    expect(stdout).toContain('sets WORKER, which is no key; did you mean WORKERS?')
    expect(stdout).toMatch(/WORKERS .*many.*whole number/)
    expect(stdout).toContain('3 broken')
  })

  it('reckons with the grace period that the files of the environment set', () => {
    const short = manifests().replace(
      'terminationGracePeriodSeconds: 45',
      'terminationGracePeriodSeconds: 42',
    )
    const { status, stdout } = keelson(['k8s', 'lint', '--service', '-', '-'], short)
    expect(status).toBe(1)
    expect(stdout).toContain('grace 38 s + 5 s, the pod has 42 s')
  })

  it('does the same for what kubectl prints, by a file of keys, where the service is not', () => {
    expect(keelson(['config', 'docs', '--format', 'keys', '--out', 'keys.json']).status).toBe(0)
    expect(keelson(['config', 'docs', '--format', 'keys', '--out', 'keys.json', '--check']).status).toBe(0)
    const args = ['k8s', 'lint', '--keys', 'keys.json', '-']
    expect(keelson(args, list(manifests()))).toMatchObject({ status: 0, stderr: '' })
    const staging = keelson(
      args,
      list(manifests('{ name: WORKER, value: "3" }').replace('value: production', 'value: staging')),
    )
    expect(staging.stdout).toContain('sets nothing for db.host')
    expect(staging.stdout).toContain('did you mean WORKERS?')
    expect(staging.stdout).toContain('2 broken')
  })

  it.each([
    [['--keys', 'absent.json', '-']],
    [['--keys', 'config/production.json', '-']],
    [['--keys', 'keys.json', '--service', '-', '-']],
    [['--service', 'absent.ts', '-']],
  ])('ends with 2 for %j', (args) => {
    expect(keelson(['k8s', 'lint', ...args], good).status).toBe(2)
  })
})
