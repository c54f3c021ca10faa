import { channel, type DnsAnswer, type EndpointChanged } from '@keelson/core/channels'
import { describe, expect, it } from 'vitest'
import { writeDependencyLines } from './dependency-lines.ts'
import type { Logger } from './pino-adapter.ts'

type Line = readonly [level: string, message: string, fields: object]

function setup() {
  const lines: Line[] = []
  const write = (level: string) => (fields: object, message: string) => lines.push([level, message, fields])
  // The lines use these two methods alone.
  const logger = { warn: write('warn'), info: write('info') } as unknown as Logger
  return { lines, end: writeDependencyLines('delivery', logger) }
}

const answer = (hostname: string, from: DnsAnswer['from']) =>
  channel('keelson.dns.answer').publish({ service: 'delivery', hostname, from })

const tell = (change: EndpointChanged) => channel('keelson.endpoint.changed').publish(change)

describe('writeDependencyLines', () => {
  it('tells of an address that is ejected, why, and that it is back', () => {
    const { lines, end } = setup()
    const fact = { service: 'delivery', dependency: 'catalog', endpoint: '10.0.0.7' }
    tell({ ...fact, change: 'added', upCount: 3, ejectedCount: 0 })
    tell({ ...fact, change: 'ejected', reason: 'consecutive', upCount: 2, ejectedCount: 1 })
    tell({ ...fact, change: 'restored', upCount: 3, ejectedCount: 0 })
    tell({ ...fact, service: 'other', change: 'restored', upCount: 3, ejectedCount: 0 })
    end()
    tell({ ...fact, change: 'restored', upCount: 3, ejectedCount: 0 })
    expect(lines).toEqual([
      [
        'warn',
        '10.0.0.7 of catalog gets no calls for a while: it failed several times in a row',
        {
          dependency: 'catalog',
          endpoint: '10.0.0.7',
          ejection_reason: 'consecutive',
          up_count: 2,
          ejected_count: 1,
        },
      ],
      ['info', '10.0.0.7 of catalog is back', expect.objectContaining({ up_count: 3 })],
    ])
  })

  it('tells once that a name is stale, and once that it is answered again, each name for itself', () => {
    const { lines, end } = setup()
    answer('catalog', 'query')
    for (let call = 0; call < 100; call++) answer('catalog', 'stale')
    answer('prices', 'cache')
    answer('catalog', 'negative')
    answer('catalog', 'stale')
    answer('catalog', 'query')
    answer('catalog', 'cache')
    end()
    expect(lines.map(([level, , fields]) => [level, fields])).toEqual([
      ['warn', { hostname: 'catalog' }],
      ['info', { hostname: 'catalog' }],
    ])
  })
})
