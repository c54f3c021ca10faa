import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentRules } from './environment-rules.ts'
import { lintManifests, type LintWaiver } from './lint.ts'
import { readManifests } from './manifest.ts'
import { fileRules, rules } from './rules.ts'

const good = readFileSync(new URL('../../test/fixtures/manifests.yaml', import.meta.url), 'utf8')
const today = '2026-11-22'

interface Found {
  readonly id: string
  readonly problems: readonly string[]
}

function lint(
  text: string,
  waivers: readonly LintWaiver[] = [],
  skips: ReadonlyMap<string, string> = new Map(),
): readonly Found[] {
  return lintManifests({ files: [readManifests(text, 'all.yaml')], waivers, skips, today })
    .filter(({ status }) => status === 'fail')
    .map(({ id, problems }) => ({ id, problems }))
}

/** Replaces a text that must be there, so that a mutation cannot quietly change nothing. */
function replace(from: string, to: string): string {
  if (!good.includes(from)) throw new Error(`The manifests do not hold ${from}`)
  return good.replace(from, to)
}

/** Takes out what matches, which must be there once. */
function without(pattern: RegExp): string {
  if (good.split(pattern).length !== 2) throw new Error(`The manifests do not hold ${pattern} once`)
  return good.replace(pattern, '')
}

const mutations: readonly (readonly [what: string, id: string, text: string])[] = [
  [
    'no request of cpu',
    'resources.requests',
    replace('requests: { cpu: 100m, memory: 256Mi }', 'requests: { memory: 256Mi }'),
  ],
  [
    'no request of memory',
    'resources.requests',
    replace('requests: { cpu: 100m, memory: 256Mi }', 'requests: { cpu: 100m }'),
  ],
  ['no limit of memory', 'resources.memory-limit', replace('limits: { memory: 512Mi }', 'limits: {}')],
  ['a limit that is no quantity', 'manifest.value', replace('memory: 512Mi', 'memory: 512 MB')],
  ['a heap share of 90 %', 'resources.heap', replace('percentage=70', 'percentage=90')],
  ['a heap larger than the limit', 'resources.heap', replace('-percentage=70', '=600')],
  ['no tag', 'image.tag', replace('delivery:1.4.0', 'delivery')],
  ['the tag latest', 'image.tag', replace('delivery:1.4.0', 'delivery:latest')],
  [
    'no tag, behind a registry with a port',
    'image.tag',
    replace('registry.example.org/delivery:1.4.0', 'registry:5000/delivery'),
  ],
  [
    'a variable twice',
    'env.duplicate',
    replace(
      '- { name: SHUTDOWN_GRACE',
      '- { name: NODE_ENV, value: x }\n            - { name: SHUTDOWN_GRACE',
    ),
  ],
  ['root allowed', 'security.restricted', replace('runAsNonRoot: true', 'runAsNonRoot: false')],
  ['privilege escalation', 'security.restricted', replace('allowPrivilegeEscalation: false, ', '')],
  [
    'capabilities kept',
    'security.restricted',
    replace('capabilities: { drop: [ALL] }', 'capabilities: { drop: [NET_RAW] }'),
  ],
  [
    'no seccomp profile',
    'security.restricted',
    replace('seccompProfile: { type: RuntimeDefault }', 'seccompProfile: { type: Unconfined }'),
  ],
  [
    'a root file system to write',
    'security.read-only-root',
    replace('readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'),
  ],
  ['no readiness probe', 'probes.present', without(/ +readinessProbe: .*\n/)],
  [
    'liveness asks readiness',
    'probes.distinct',
    replace('livenessProbe: { httpGet: { path: /liveness', 'livenessProbe: { httpGet: { path: /readiness'),
  ],
  [
    'a time-out longer than the period',
    'probes.timing',
    replace('periodSeconds: 5, timeoutSeconds: 2', 'periodSeconds: 5, timeoutSeconds: 6'),
  ],
  ['no startup probe', 'probes.startup', without(/ +startupProbe: .*\n/)],
  [
    'a probe of an unknown port',
    'probes.port',
    replace('path: /readiness, port: ops', 'path: /readiness, port: opps'),
  ],
  [
    'a slow liveness probe',
    'probes.stall',
    replace('periodSeconds: 10, timeoutSeconds: 2', 'periodSeconds: 30, timeoutSeconds: 2'),
  ],
  [
    'a long stall limit',
    'probes.stall',
    replace(
      '- { name: SHUTDOWN_GRACE',
      '- { name: OPS__STALL_LIMIT, value: 40s }\n            - { name: SHUTDOWN_GRACE',
    ),
  ],
  [
    'too little grace',
    'pod.grace',
    replace('terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 42'),
  ],
  ['no grace at all', 'pod.grace', replace('terminationGracePeriodSeconds: 45', 'dnsPolicy: ClusterFirst')],
  [
    'a drain delay as long as the grace',
    'pod.grace',
    replace('name: SHUTDOWN_DRAIN_DELAY, value: 5s', 'name: SHUTDOWN_DRAIN_DELAY, value: 40s'),
  ],
  [
    'a preStop hook',
    'pod.pre-stop',
    replace(
      '          ports:',
      '          lifecycle: { preStop: { sleep: { seconds: 5 } } }\n          ports:',
    ),
  ],
  ['no state directory', 'pod.state-dir', replace('name: KEELSON_STATE_DIR', 'name: STATE')],
  [
    'a state directory that is not mounted',
    'pod.state-dir',
    replace('mountPath: /state', 'mountPath: /stat'),
  ],
  ['service links', 'pod.service-links', replace('enableServiceLinks: false', 'enableServiceLinks: true')],
  ['ndots 5', 'pod.ndots', replace('value: "2"', 'value: "5"')],
  [
    'a token',
    'pod.token',
    replace('automountServiceAccountToken: false', 'automountServiceAccountToken: true'),
  ],
  [
    'a selector with a typing error',
    'labels.selector',
    replace(
      'matchLabels: { app.kubernetes.io/name: delivery } # workload',
      'matchLabels: { app.kubernetes.io/name: delivry }',
    ),
  ],
  [
    'no label on the workload',
    'labels.recommended',
    replace(
      'metadata: { name: delivery, labels: { app.kubernetes.io/name: delivery } } # workload',
      'metadata: { name: delivery }',
    ),
  ],
  [
    'a service that selects nothing',
    'service.selector',
    replace('selector: { app.kubernetes.io/name: delivery } # service', 'selector: { app: delivery }'),
  ],
  ['a service that leads nowhere', 'service.port', replace('targetPort: http', 'targetPort: htp')],
  [
    'a missing config map',
    'references.config-map',
    replace('configMapRef: { name: delivery }', 'configMapRef: { name: delivery-config }'),
  ],
  [
    'a mount without a volume',
    'references.volume',
    replace('volumes: [{ name: state, emptyDir: {} }]', 'volumes: []'),
  ],
  [
    'an autoscaler of nothing',
    'references.autoscaler',
    replace('kind: Deployment, name: delivery } # scaler', 'kind: StatefulSet, name: delivery }'),
  ],
  ['a budget that blocks', 'references.disruption-budget', replace('maxUnavailable: 1', 'minAvailable: 2')],
  [
    'a budget of nothing',
    'references.disruption-budget',
    replace(
      'selector: { matchLabels: { app.kubernetes.io/name: delivery } } # budget',
      'selector: { matchLabels: { app: delivery } }',
    ),
  ],

  [
    'a monitor of nothing',
    'references.pod-monitor',
    replace(
      'selector: { matchLabels: { app.kubernetes.io/name: delivery } } # monitor',
      'selector: { matchLabels: { app: delivery } }',
    ),
  ],
  [
    'a monitor of an unknown port',
    'references.pod-monitor',
    replace('port: ops, path: /metrics', 'port: opps'),
  ],
  [
    'a policy of nothing',
    'references.network-policy',
    replace(
      'podSelector: { matchLabels: { app.kubernetes.io/name: delivery } } # policy',
      'podSelector: { matchLabels: { app.kubernetes.io/name: delivry } }',
    ),
  ],
  ['something without a name', 'manifest.readable', `${good}---\napiVersion: v1\nkind: Secret\n`],
]

describe('lintManifests', () => {
  it('finds nothing in manifests that are right', () => {
    expect(lint(good)).toEqual([])
  })

  it.each(mutations)('finds exactly what is wrong: %s (%s)', (_what, id, text) => {
    const found = lint(text)
    expect(found.map((one) => one.id)).toEqual([id])
    expect(found[0]?.problems).toHaveLength(1)
  })

  it('has a mutation for every rule', () => {
    const mutated = new Set(mutations.map(([, id]) => id))
    const single = good
      .replace(/---\napiVersion: autoscaling[\s\S]*?(?=---)/, '')
      .replace('kind: PodDisruptionBudget', 'kind: Other')
    expect(lint(single).map(({ id }) => id)).toEqual(['replicas.single'])
    // Those of the form of objects are in object-shapes.test.ts.
    const others = rules.map(({ id }) => id).filter((id) => !id.startsWith('manifest.'))
    expect(others.filter((id) => !mutated.has(id))).toEqual(['replicas.single'])
  })

  it('has its rules on the page docs/reference/k8s-rules.md', async () => {
    const sections = [...rules, ...environmentRules, ...fileRules].map(
      ({ id, level, title, reason, remedy }) =>
        [
          `## ${id}`,
          '',
          `Holds when ${title}.`,
          '',
          `- level: ${level}`,
          `- why: ${reason}`,
          `- remedy: ${remedy}`,
          '',
        ].join('\n'),
    )
    const head = [
      '# Rules of keelson k8s lint',
      '',
      'An id is never renamed or used again. This page is generated: `vitest run --project unit packages/cli/src/k8s/lint.test.ts -u`.',
      '',
    ]
    await expect([...head, ...sections].join('\n')).toMatchFileSnapshot(
      '../../../../docs/reference/k8s-rules.md',
    )
  })

  it('says file, line and object of a finding', () => {
    const [found] = lint(replace('delivery:1.4.0', 'delivery'))
    expect(found?.problems[0]).toMatch(/^all\.yaml:\d+ Deployment\/delivery container delivery runs/)
  })

  it('reads lists, as kubectl writes them, and reports of YAML that is none', () => {
    const { manifests } = readManifests(
      JSON.stringify({
        kind: 'List',
        items: [
          { kind: 'Service', metadata: { name: 'a' } },
          { kind: 'Pod', metadata: { name: 'b' } },
        ],
      }),
      'stdin',
    )
    expect(manifests.map(({ kind, name }) => `${kind}/${name}`)).toEqual(['Service/a', 'Pod/b'])
    expect(lint('a: [1\n').map(({ id }) => id)).toEqual(['manifest.readable'])
  })

  it('takes objects of any shape', () => {
    const odd = {
      kind: 'Deployment',
      metadata: { name: 'a', labels: 7 },
      spec: { template: { spec: { containers: 'x', volumes: {} } } },
    }
    expect(() => lint(JSON.stringify(odd))).not.toThrow()
    const odder = {
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [null, 7, { env: [null], ports: [7], livenessProbe: 7 }] },
    }
    expect(() => lint(JSON.stringify(odder))).not.toThrow()
  })

  it('asks a job for no probes', () => {
    const ids = lint(
      good
        .replace('kind: Deployment\n', 'kind: Job\n')
        .replaceAll(/(startup|liveness|readiness)Probe/g, 'other'),
    ).map(({ id }) => id)
    expect(ids).not.toContain('probes.present')
    expect(ids).not.toContain('pod.grace')
  })

  it('leaves out what is waived, for its object and until its last day', () => {
    const broken = replace('delivery:1.4.0', 'delivery')
    const waiver = { id: 'image.tag', reason: 'the registry is being moved', until: '2026-11-22' }
    expect(lint(broken, [waiver])).toEqual([])
    expect(lint(broken, [{ ...waiver, object: 'Deployment/delivery' }])).toEqual([])
    expect(lint(broken, [{ ...waiver, object: 'Deployment/other' }]).map(({ id }) => id)).toEqual([
      'image.tag',
    ])
    expect(lint(broken, [{ ...waiver, until: '2026-11-21' }]).map(({ id }) => id)).toEqual([
      'image.tag',
      'waivers.expired',
    ])
    expect(lint(broken, [], new Map([['image.tag', 'because']]))).toEqual([])
  })
})
