import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentRules, judgeEnvironment } from './environment-rules.ts'
import { clusterOf, lintManifests } from './lint.ts'
import { readManifests } from './manifest.ts'
import type { ServiceSettings, SettingKey, SettingsInspection } from './service-settings.ts'

const good = readFileSync(new URL('../../test/fixtures/manifests.yaml', import.meta.url), 'utf8')

function key(name: string, environmentNames: readonly string[], more: Partial<SettingKey> = {}): SettingKey {
  const sources = ['default', 'file', 'env', 'remote', 'arg']
  return { key: name, environmentNames, members: {}, required: false, sensitive: false, sources, ...more }
}

const keys: readonly SettingKey[] = [
  key('greeting', ['GREETING']),
  key('http.port', ['HTTP__PORT', 'PORT']),
  key('ops.stallLimit', ['OPS__STALL_LIMIT']),
  key('shutdown.grace', ['SHUTDOWN__GRACE', 'SHUTDOWN_GRACE']),
  key('shutdown.drainDelay', ['SHUTDOWN__DRAIN_DELAY', 'SHUTDOWN_DRAIN_DELAY']),
  key('db.host', ['DB__HOST', 'DB_HOST']),
  key('db.password', ['DB__PASSWORD'], { sensitive: true, sources: ['default', 'file', 'env'] }),
]

/** Says of a service what the test wants, and remembers what it was asked. */
function serviceWith(
  inspection: Partial<SettingsInspection> = {},
): ServiceSettings & { readonly asked: object[] } {
  const asked: object[] = []
  return {
    service: 'delivery',
    keys,
    asked,
    inspect: (env) => {
      asked.push(env)
      return Promise.resolve({ missing: [], faults: [], values: {}, ...inspection })
    },
  }
}

async function lint(text: string, service: ServiceSettings = serviceWith()) {
  const files = [readManifests(text, 'all.yaml')]
  const environment = await judgeEnvironment(clusterOf(files), service)
  return lintManifests({ files, waivers: [], skips: new Map(), today: '2026-11-22', environment })
    .filter(({ status }) => status === 'fail')
    .map(({ id, problems }) => ({ id, problems }))
}

/** Adds lines to the environment of the container. */
function withEnv(...lines: readonly string[]): string {
  const anchor = '            - { name: NODE_ENV, value: production }\n'
  if (!good.includes(anchor)) throw new Error('The manifests have changed')
  return good.replace(anchor, `${anchor}${lines.map((line) => `            - ${line}\n`).join('')}`)
}

function withData(data: string): string {
  return good.replace('data: { GREETING: Hello }', `data: ${data}`)
}

describe('judgeEnvironment', () => {
  it('finds nothing where every name is a key', async () => {
    expect(await lint(good)).toEqual([])
    expect(
      await lint(
        withEnv(
          '{ name: DB_HOST, value: db }',
          '{ name: TZ, value: UTC }',
          '{ name: OTEL_SERVICE_NAME, value: x }',
        ),
      ),
    ).toEqual([])
    expect(await lint(withEnv('{ name: DB__PASSWORD_FILE, value: /secrets/password }'))).toEqual([])
  })

  it.each([
    [
      'env.known',
      withEnv('{ name: DB_HOTS, value: db }'),
      'sets DB_HOTS, which is no key; did you mean DB_HOST?',
    ],
    ['env.known', withEnv('{ name: DB__POOL__SIZE, value: "5" }'), 'sets DB__POOL__SIZE, which is no key'],
    ['env.foreign', withEnv('{ name: REGION, value: eu }'), 'sets REGION, which is no key'],
    [
      'env.config-map',
      withData('{ GREETNG: Hello }'),
      'holds GREETNG, which is no key; did you mean GREETING?',
    ],
    ['env.config-map', withData('{ COLOUR: red }'), 'holds COLOUR, which is no key'],
    ['env.secret', withEnv('{ name: DB__PASSWORD, value: hunter2 }'), 'holds the value of DB__PASSWORD'],
    ['env.secret', withData('{ DB__PASSWORD: hunter2 }'), 'holds the value of DB__PASSWORD'],
  ])('finds exactly %s', async (id, text, problem) => {
    const found = await lint(text)
    expect(found.map((one) => one.id)).toEqual([id])
    expect(found[0]?.problems).toHaveLength(1)
    expect(found[0]?.problems[0]).toContain(problem)
    expect(found[0]?.problems[0]).not.toContain('hunter2')
  })

  it('points at the line of the name', async () => {
    const text = withEnv('{ name: DB_HOTS, value: db }')
    const line = text.split('\n').findIndex((one) => one.includes('DB_HOTS')) + 1
    expect((await lint(text))[0]?.problems[0]).toContain(`all.yaml:${line} Deployment/delivery`)
  })

  it('tells keys that nothing sets, unless something unseen may set them', async () => {
    const service = serviceWith({ missing: ['db.host', 'db.password'] })
    const found = await lint(good, service)
    expect(found.map(({ id, problems }) => [id, problems.length])).toEqual([['env.required', 2]])
    expect(found[0]?.problems[0]).toContain('sets nothing for db.host (DB__HOST or DB_HOST)')
    // A secret that was not read may hold secrets, not the host.
    const hidden = good.replace('envFrom: [{', 'envFrom: [{ secretRef: { name: delivery } }, {')
    expect((await lint(hidden, service))[0]?.problems).toEqual([expect.stringContaining('db.host')])
    // etcd may hold the host, not secrets.
    const remote = withEnv('{ name: ETCD_ENDPOINTS, value: "http://etcd:2379" }')
    expect((await lint(remote, service)).find(({ id }) => id === 'env.required')?.problems).toEqual([
      expect.stringContaining('db.password'),
    ])
    const referenced = withEnv(
      '{ name: DB_HOST, valueFrom: { secretKeyRef: { name: db, key: host } } }',
      '{ name: DB__PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }',
    )
    expect(await lint(referenced, service)).toEqual([])
  })

  it('knows what an ExternalSecret makes', async () => {
    const external = `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: delivery }
spec:
  secretStoreRef: { name: vault, kind: ClusterSecretStore }
  target: { name: delivery }
  data: [{ secretKey: DB__PASSWORT, remoteRef: { key: delivery, property: password } }]
`
    const from = good.replace('envFrom: [{', 'envFrom: [{ secretRef: { name: delivery } }, {')
    const found = await lint(`${from}${external}`, serviceWith({ missing: ['db.password'] }))
    expect(found.map(({ id }) => id)).toEqual(['env.known', 'env.required'])
    expect(
      await lint(
        `${from}${external.replace('PASSWORT', 'PASSWORD')}`,
        serviceWith({ missing: ['db.password'] }),
      ),
    ).toEqual([])
  })

  it('reads mounted folders: keys and their environment names are files there', async () => {
    const mounted = withEnv('{ name: KEELSON_CONFIG_DIR, value: "/config,/other" }')
      .replace(
        'volumes: [{ name: state, emptyDir: {} }]',
        'volumes: [{ name: state, emptyDir: {} }, { name: files, configMap: { name: delivery } }]',
      )
      .replace('volumeMounts: [', 'volumeMounts: [{ name: files, mountPath: /config/ }, ')
      .replace('envFrom: [{ configMapRef: { name: delivery } }]', 'envFrom: []')
    const data = (text: string) => mounted.replace('data: { GREETING: Hello }', `data: ${text}`)
    expect(
      await lint(data('{ greeting: Hello, DB_HOST: db }'), serviceWith({ missing: ['db.host'] })),
    ).toEqual([])
    expect((await lint(data('{ greting: Hello }'))).map(({ id }) => id)).toEqual(['env.config-map'])
  })

  it('asks the service with the values that are known, and tells what it says of them', async () => {
    const service = serviceWith({ faults: [{ variable: 'PORT', problem: 'is "x": is not a whole number' }] })
    const [found] = await lint(
      withEnv(
        '{ name: PORT, value: x }',
        '{ name: DB_HOST, valueFrom: { fieldRef: { fieldPath: status.hostIP } } }',
      ),
      service,
    )
    expect(found).toEqual({
      id: 'env.value',
      problems: [expect.stringContaining('PORT is "x": is not a whole number')],
    })
    expect(service.asked).toEqual([
      {
        GREETING: 'Hello',
        NODE_ENV: 'production',
        PORT: 'x',
        SHUTDOWN_GRACE: '40s',
        SHUTDOWN_DRAIN_DELAY: '5s',
        KEELSON_STATE_DIR: '/state',
      },
    ])
  })

  it('reckons the stop with what the service resolves, where the manifest says nothing', async () => {
    const silent = good.replace('            - { name: SHUTDOWN_GRACE, value: 40s }\n', '')
    expect(await lint(silent, serviceWith({ values: { 'shutdown.grace': { value: 40_000 } } }))).toEqual([])
    const found = await lint(silent, serviceWith({ values: { 'shutdown.grace': { value: 41_000 } } }))
    expect(found.map(({ id }) => id)).toEqual(['pod.grace'])
  })

  it('refuses to judge when no workload is the service', async () => {
    const other = { ...serviceWith(), service: 'catalog' }
    await expect(lint(good, other)).rejects.toMatchObject({ code: 'KEELSON_CLI_USAGE' })
  })

  it('looks at the container of the service, not at others beside it', async () => {
    const sidecar = good.replace(
      '      containers:\n',
      '      containers:\n        - name: proxy\n          image: proxy:1\n          env: [{ name: GREETNG, value: x }]\n',
    )
    const environment = await judgeEnvironment(clusterOf([readManifests(sidecar, 'x')]), serviceWith())
    expect([...environment.findings.values()].flat()).toEqual([])
  })

  it('is not judged without a schema, and says so', () => {
    const files = [readManifests(good, 'all.yaml')]
    const outcomes = lintManifests({ files, waivers: [], skips: new Map(), today: '2026-11-22' })
    const ids = environmentRules.map(({ id }) => id)
    expect(outcomes.filter(({ id }) => ids.includes(id)).map(({ status, note }) => [status, note])).toEqual(
      ids.map(() => ['skip', 'needs --service or --keys']),
    )
  })
})
