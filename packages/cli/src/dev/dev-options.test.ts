import { describe, expect, it } from 'vitest'
import { readDevOptions } from './dev-options.ts'

const read = (args: readonly string[], env = {}) => readDevOptions(args, { cwd: '/here', env })

describe('readDevOptions', () => {
  it('runs the working directory when nothing is named', () => {
    expect(read([])).toEqual({ services: ['.'], etcd: undefined, pagePort: 0, watched: [] })
  })

  it('reads services, etcd, port and further folders', () => {
    expect(read(['a', 'x=b', '--etcd', 'start', '--page-port', '4600', '--watch', 'shared'])).toEqual({
      services: ['a', 'x=b'],
      etcd: { kind: 'start' },
      pagePort: 4600,
      watched: ['/here/shared'],
    })
    expect(read(['--etcd', 'http://127.0.0.1:2379/']).etcd).toEqual({
      kind: 'url',
      url: 'http://127.0.0.1:2379',
    })
  })

  it.each([
    [['--etcd', 'maybe']],
    [['--etcd', 'ftp://x']],
    [['--page-port', '65536']],
    [['--page-port', '-1']],
    [['--what']],
    [Array.from({ length: 33 }, () => 'a')],
  ])('refuses %j', (args) => {
    expect(() => read(args)).toThrow(expect.objectContaining({ code: 'KEELSON_CLI_USAGE' }))
  })

  it.each(['NODE_ENV', 'APP_ENV'])('refuses to run where %s is production', (variable) => {
    expect(() => read([], { [variable]: 'production' })).toThrow(
      expect.objectContaining({ code: 'KEELSON_CLI_DEV_PRODUCTION' }),
    )
  })
})
