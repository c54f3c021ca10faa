import { afterEach, describe, expect, test } from 'vitest'
import { channel, type ChannelName, type ChannelPayloads } from '@keelson/core/channels'
import { createFakeClock } from '@keelson/testing'
import { recordDependencyFacts } from './dependency-facts.ts'
import { createFamilies } from './families.ts'
import { PageWriter } from './page-writer.ts'
import { recordWorkFacts } from './work-facts.ts'
import { recordServiceFacts } from './service-facts.ts'

const service = 'facts-test'
const ends: (() => void)[] = []

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function setup() {
  const families = createFamilies({ maxSeries: 1_000, onOverflow: () => {} })
  const source = { service, families, clock: createFakeClock(Date.UTC(2026, 0, 1)) }
  ends.push(...recordServiceFacts(source), ...recordDependencyFacts(source), ...recordWorkFacts(source))
  const lines = async (start: string) => {
    const page = new PageWriter('text')
    await families.write(page, new Set(), () => undefined)
    return page
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(start))
  }
  return { lines }
}

function tell<Name extends ChannelName>(name: Name, fact: ChannelPayloads[Name]): void {
  channel(name).publish(fact)
}

describe('recordServiceFacts', () => {
  test('is ready when started, not draining, and every critical check is up', async () => {
    const { lines } = setup()
    const ready = async () => (await lines('keelson_ready'))[0]
    expect(await ready()).toBe('keelson_ready 0')
    tell('keelson.lifecycle.changed', { service, phase: 'started' })
    expect(await ready()).toBe('keelson_ready 1')
    tell('keelson.health.changed', { service, check: 'cache', status: 'down', critical: false })
    expect(await ready()).toBe('keelson_ready 1')
    tell('keelson.health.changed', { service, check: 'db', status: 'down', critical: true })
    expect(await ready()).toBe('keelson_ready 0')
    tell('keelson.health.changed', { service, check: 'db', status: 'up', critical: true })
    expect(await ready()).toBe('keelson_ready 1')
    tell('keelson.lifecycle.changed', { service, phase: 'draining', reason: 'SIGTERM' })
    expect(await ready()).toBe('keelson_ready 0')
    expect((await lines('keelson_lifecycle_phase')).filter((line) => line.endsWith(' 1'))).toEqual([
      'keelson_lifecycle_phase{phase="draining"} 1',
    ])
  })

  test('shows each check and how often it changed, both results from 0', async () => {
    const { lines } = setup()
    tell('keelson.health.changed', { service, check: 'db', status: 'down', critical: true })
    expect(await lines('keelson_health_check_up')).toEqual([
      'keelson_health_check_up{check="db",critical="true"} 0',
    ])
    expect(await lines('keelson_health_check_changes_total')).toEqual([
      'keelson_health_check_changes_total{check="db",status="up"} 0',
      'keelson_health_check_changes_total{check="db",status="down"} 1',
    ])
  })

  test('shows only the configuration in force, and counts what was applied and refused from 0', async () => {
    const { lines } = setup()
    expect(await lines('keelson_config_rejected_total')).toEqual(['keelson_config_rejected_total 0'])
    tell('keelson.config.applied', { service, revision: 1, hash: 'aaa', changedKeys: [] })
    tell('keelson.config.applied', { service, revision: 2, hash: 'bbb', changedKeys: ['x'] })
    tell('keelson.config.rejected', { service, faults: ['no'] })
    tell('keelson.config.source', { service, source: 'etcd', up: false })
    tell('keelson.config.source', { service, source: 'vault', up: true })
    tell('keelson.config.synced', { service, source: 'vault' })
    tell('keelson.config.state', {
      service,
      pendingKeys: ['a', 'b', 'c'],
      shadowedKeys: ['d', 'e'],
      pinnedKeys: ['f'],
    })
    expect(await lines('keelson_config_')).toEqual([
      'keelson_config_info{hash="bbb"} 1',
      'keelson_config_revision 2',
      `keelson_config_applied_timestamp_seconds ${Date.UTC(2026, 0, 1) / 1_000}`,
      'keelson_config_applied_total 2',
      'keelson_config_rejected_total 1',
      'keelson_config_source_up{source="etcd"} 0',
      'keelson_config_source_up{source="vault"} 1',
      'keelson_config_source_synced_timestamp_seconds{source="etcd"} 0',
      `keelson_config_source_synced_timestamp_seconds{source="vault"} ${Date.UTC(2026, 0, 1) / 1_000}`,
      'keelson_config_restart_pending_keys 3',
      'keelson_config_shadowed_keys 2',
      'keelson_config_pinned_keys 1',
    ])
  })

  test('counts shed requests and lost lines by reason', async () => {
    const { lines } = setup()
    expect(await lines('keelson_admission_shed_total')).toHaveLength(15)
    expect(await lines('keelson_log_dropped_total')).toHaveLength(2)
    tell('keelson.admission.shed', { service, reason: 'limit', criticality: 'sheddable' })
    tell('keelson.log.dropped', { service, reason: 'ENOSPC', count: 12 })
    expect((await lines('keelson_admission_shed_total{reason="limit",criticality="sheddable"}'))[0]).toMatch(
      / 1$/,
    )
    expect((await lines('keelson_log_dropped_total{reason="ENOSPC"}'))[0]).toMatch(/ 12$/)
  })

  test('counts shipped lines, and shows whether there is a connection, where lines are shipped', async () => {
    const { lines } = setup()
    tell('keelson.log.shipped', { service: 'other', isConnected: true, count: 9, bytes: 9 })
    tell('keelson.log.shipped', { service, isConnected: true, count: 2, bytes: 300 })
    expect(await lines('keelson_log_shipping_up')).toEqual(['keelson_log_shipping_up 1'])
    tell('keelson.log.shipped', { service, isConnected: false, count: 1, bytes: 100 })
    expect(await lines('keelson_log_shipping_up')).toEqual(['keelson_log_shipping_up 0'])
    expect(await lines('keelson_log_shipped_total')).toEqual(['keelson_log_shipped_total 3'])
    expect(await lines('keelson_log_shipped_bytes_total')).toEqual(['keelson_log_shipped_bytes_total 400'])
  })
})

describe('resources', () => {
  test('show their connection, and have their series from 0 once they are declared', async () => {
    const { lines } = setup()
    tell('keelson.resource.changed', { service, resource: 'db', up: false })
    expect(await lines('keelson_resource')).toEqual([
      'keelson_resource_up{resource="db"} 0',
      'keelson_resource_connects_total{resource="db",result="success"} 0',
      'keelson_resource_connects_total{resource="db",result="failure"} 0',
    ])
    tell('keelson.resource.connected', { service, resource: 'db', result: 'failure', durationMs: 3 })
    tell('keelson.resource.changed', { service, resource: 'db', up: true })
    expect(await lines('keelson_resource')).toEqual([
      'keelson_resource_up{resource="db"} 1',
      'keelson_resource_connects_total{resource="db",result="success"} 0',
      'keelson_resource_connects_total{resource="db",result="failure"} 1',
    ])
  })
})

describe('recordDependencyFacts', () => {
  test('has every series of a dependency at 0 once it is declared', async () => {
    const { lines } = setup()
    tell('keelson.dependency.declared', { service, dependency: 'catalog' })
    expect(await lines('keelson_client_calls_total')).toHaveLength(7)
    expect(await lines('keelson_client_attempts_total')).toHaveLength(7)
    expect(await lines('keelson_client_retries_total')).toHaveLength(4)
    expect(await lines('keelson_breaker_changes_total')).toHaveLength(4)
    const counted = (await lines('keelson_')).filter(
      (line) => line.includes('catalog') && !line.endsWith(' 0'),
    )
    expect(counted).toEqual(['keelson_breaker_state{dependency="catalog",state="closed"} 1'])
  })

  test('counts calls, attempts and retries by dependency', async () => {
    const { lines } = setup()
    const dependency = 'catalog'
    tell('keelson.client.attempt', { service, dependency, outcome: 'timeout', durationMs: 500, retry: 0 })
    tell('keelson.client.retry', { service, dependency, result: 'scheduled', delayMs: 5 })
    tell('keelson.client.attempt', { service, dependency, outcome: 'success', durationMs: 20, retry: 1 })
    tell('keelson.client.call', { service, dependency, outcome: 'success', durationMs: 525, attemptCount: 2 })
    expect((await lines('keelson_client_attempts_total')).filter((line) => line.endsWith(' 1'))).toEqual([
      'keelson_client_attempts_total{dependency="catalog",outcome="success"} 1',
      'keelson_client_attempts_total{dependency="catalog",outcome="timeout"} 1',
    ])
    expect((await lines('keelson_client_attempt_duration_seconds_sum'))[0]).toMatch(/ 0\.52$/)
    expect((await lines('keelson_client_retries_total{dependency="catalog",result="scheduled"}'))[0]).toMatch(
      / 1$/,
    )
    expect((await lines('keelson_client_calls_total{dependency="catalog",outcome="success"}'))[0]).toMatch(
      / 1$/,
    )
    expect((await lines('keelson_client_call_duration_seconds_sum'))[0]).toMatch(/ 0\.525$/)
  })

  test('shows the state of a breaker as one series per state', async () => {
    const { lines } = setup()
    const change = { service, dependency: 'catalog', callCount: 20, failureCount: 12 }
    tell('keelson.breaker.changed', { ...change, from: 'closed', to: 'open' })
    tell('keelson.breaker.changed', { ...change, from: 'open', to: 'half-open' })
    expect(await lines('keelson_breaker_state')).toEqual([
      'keelson_breaker_state{dependency="catalog",state="closed"} 0',
      'keelson_breaker_state{dependency="catalog",state="open"} 0',
      'keelson_breaker_state{dependency="catalog",state="half-open"} 1',
      'keelson_breaker_state{dependency="catalog",state="isolated"} 0',
    ])
    expect((await lines('keelson_breaker_changes_total{dependency="catalog",to="open"}'))[0]).toMatch(/ 1$/)
  })

  test('shows a breaker that is forced, and that one held closed is', async () => {
    const { lines } = setup()
    const forced = async () => (await lines('keelson_breaker_forced')).filter((line) => line.endsWith(' 1'))
    tell('keelson.dependency.declared', { service, dependency: 'catalog' })
    expect(await lines('keelson_breaker_forced')).toEqual([
      'keelson_breaker_forced{dependency="catalog",to="open"} 0',
      'keelson_breaker_forced{dependency="catalog",to="closed"} 0',
    ])
    tell('keelson.breaker.forced', { service, dependency: 'catalog', forced: 'closed', forMs: 1_000 })
    tell('keelson.breaker.forced', { service, dependency: 'catalog', operation: 'payments', forced: 'open' })
    expect(await forced()).toEqual([
      'keelson_breaker_forced{dependency="catalog",to="closed"} 1',
      'keelson_breaker_forced{dependency="catalog:payments",to="open"} 1',
    ])
    tell('keelson.breaker.forced', { service, dependency: 'catalog', forced: 'open' })
    tell('keelson.breaker.forced', { service, dependency: 'catalog', operation: 'payments', forced: 'none' })
    expect(await forced()).toEqual(['keelson_breaker_forced{dependency="catalog",to="open"} 1'])
    tell('keelson.breaker.forced', { service, dependency: 'catalog', forced: 'none', expired: true })
    expect(await forced()).toEqual([])
  })

  test('shows the breaker of a group of operations beside that of its dependency', async () => {
    const { lines } = setup()
    const change = { service, dependency: 'catalog', operation: 'payments', callCount: 20, failureCount: 12 }
    tell('keelson.dependency.declared', { service, dependency: 'catalog' })
    tell('keelson.breaker.changed', { ...change, from: 'closed', to: 'open' })
    expect((await lines('keelson_breaker_state')).filter((line) => line.endsWith(' 1'))).toEqual([
      'keelson_breaker_state{dependency="catalog",state="closed"} 1',
      'keelson_breaker_state{dependency="catalog:payments",state="open"} 1',
    ])
    expect(await lines('keelson_client_calls_total{dependency="catalog:payments"')).toEqual([])
  })
})

describe('the series of endpoints', () => {
  test('show how many take part, and count ejections from 0', async () => {
    const { lines } = setup()
    const fact = { service, dependency: 'catalog', endpoint: '10.0.0.7' }
    tell('keelson.endpoint.changed', { ...fact, change: 'added', upCount: 3, ejectedCount: 0 })
    expect(await lines('keelson_client_ejections_total')).toHaveLength(3)
    tell('keelson.endpoint.changed', {
      ...fact,
      change: 'ejected',
      reason: 'ratio',
      upCount: 2,
      ejectedCount: 1,
    })
    expect(await lines('keelson_client_endpoints')).toEqual([
      'keelson_client_endpoints{dependency="catalog",state="up"} 2',
      'keelson_client_endpoints{dependency="catalog",state="ejected"} 1',
    ])
    const [ratio] = await lines('keelson_client_ejections_total{dependency="catalog",reason="ratio"}')
    expect(ratio).toMatch(/ 1$/)
  })
})

describe('the series of names', () => {
  test('count questions and answers from 0', async () => {
    const { lines } = setup()
    expect(await lines('keelson_dns_queries_total')).toHaveLength(3)
    expect(await lines('keelson_dns_answers_total')).toHaveLength(4)
    tell('keelson.dns.query', { service, name: 'a.b.svc.cluster.local', result: 'answered', durationMs: 20 })
    tell('keelson.dns.answer', { service, hostname: 'catalog', from: 'stale' })
    expect((await lines('keelson_dns_queries_total{result="answered"}'))[0]).toMatch(/ 1$/)
    expect((await lines('keelson_dns_query_duration_seconds_sum'))[0]).toMatch(/ 0\.02$/)
    expect((await lines('keelson_dns_answers_total{from="stale"}'))[0]).toMatch(/ 1$/)
  })
})

/** One fact of each kind that becomes a series. */
const facts: { readonly [Name in ChannelName]?: Omit<ChannelPayloads[Name], 'service'> } = {
  'keelson.lifecycle.changed': { phase: 'started' },
  'keelson.health.changed': { check: 'db', status: 'down', critical: true },
  'keelson.dependency.declared': { dependency: 'catalog' },
  'keelson.client.call': { dependency: 'catalog', outcome: 'success', durationMs: 1, attemptCount: 1 },
  'keelson.client.attempt': { dependency: 'catalog', outcome: 'success', durationMs: 1, retry: 0 },
  'keelson.client.retry': { dependency: 'catalog', result: 'scheduled', delayMs: 1 },
  'keelson.breaker.changed': {
    dependency: 'catalog',
    from: 'closed',
    to: 'open',
    callCount: 1,
    failureCount: 1,
  },
  'keelson.breaker.forced': { dependency: 'catalog', forced: 'closed' },
  'keelson.client.hedge': { dependency: 'catalog', result: 'won' },
  'keelson.endpoint.changed': {
    dependency: 'catalog',
    endpoint: '10.0.0.7',
    change: 'added',
    upCount: 1,
    ejectedCount: 0,
  },
  'keelson.dns.query': { name: 'a', result: 'answered', durationMs: 1 },
  'keelson.dns.answer': { hostname: 'catalog', from: 'query' },
  'keelson.work.declared': { kind: 'job', name: 'import' },
  'keelson.work.completed': {
    kind: 'job',
    name: 'import',
    requestId: 'a',
    outcome: 'success',
    durationMs: 1,
  },
  'keelson.process.stalled': { silentMs: 1, stack: '' },
  'keelson.config.applied': { revision: 1, hash: 'a', changedKeys: [] },
  'keelson.config.rejected': { faults: [] },
  'keelson.config.source': { source: 'etcd', up: true },
  'keelson.config.synced': { source: 'etcd' },
  'keelson.config.state': { pendingKeys: ['a'], shadowedKeys: [], pinnedKeys: [] },
  'keelson.log.dropped': { reason: 'full', count: 1 },
  'keelson.log.shipped': { isConnected: true, count: 1, bytes: 1 },
  'keelson.admission.shed': { reason: 'limit', criticality: 'default' },
  'keelson.admission.waited': { waitMs: 20 },
  'keelson.resource.connected': { resource: 'db', result: 'success', durationMs: 3 },
  'keelson.resource.changed': { resource: 'db', up: false },
}
const names = Object.keys(facts) as ChannelName[] // the keys of the table above

describe('recordWorkFacts', () => {
  test('counts work by how it ended, from 0 as soon as it is declared', async () => {
    const { lines } = setup()
    tell('keelson.work.declared', { service, kind: 'worker', name: 'mails' })
    expect(await lines('keelson_work_total')).toEqual([
      'keelson_work_total{kind="worker",name="mails",outcome="success"} 0',
      'keelson_work_total{kind="worker",name="mails",outcome="failure"} 0',
    ])
    const ended = { service, kind: 'worker', name: 'mails', requestId: 'a', durationMs: 7 } as const
    tell('keelson.work.completed', { ...ended, outcome: 'failure' })
    expect(await lines('keelson_work_total')).toContain(
      'keelson_work_total{kind="worker",name="mails",outcome="failure"} 1',
    )
    expect(await lines('keelson_work_duration_seconds_count')).toEqual([
      'keelson_work_duration_seconds_count{kind="worker",name="mails"} 1',
    ])
  })

  test('counts stalls of the main thread from 0', async () => {
    const { lines } = setup()
    expect(await lines('keelson_main_thread')).toEqual(['keelson_main_thread_stalls_total 0'])
    tell('keelson.process.stalled', { service, silentMs: 21_000, stack: '' })
    expect(await lines('keelson_main_thread')).toEqual(['keelson_main_thread_stalls_total 1'])
  })
})

describe('both', () => {
  test.each(names)('leave %s of another service alone', async (name) => {
    const { lines } = setup()
    const before = await lines('')
    // The table above pairs each name with its payload.
    const publish = (of: string) =>
      tell(name, { service: of, ...facts[name] } as ChannelPayloads[typeof name])
    publish('another')
    expect(await lines('')).toEqual(before)
    publish(service)
    expect(await lines('')).not.toEqual(before)
  })

  test('leave no listener behind', async () => {
    setup()
    expect(names.every((name) => channel(name).hasSubscribers)).toBe(true)
    for (const end of ends.splice(0)) end()
    expect(names.filter((name) => channel(name).hasSubscribers)).toEqual([])
  })
})
