import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

const refused = expect.objectContaining({ code: 'KEELSON_CREATE_USAGE' })

describe('readOptions', () => {
  it('reads everything that can be said', () => {
    const args =
      'svc -t worker --name mailer --base slim --ci both --image a/b --packages p --no-install -y --dry-run --json'
    expect(readOptions(args.split(' '))).toEqual({
      folder: 'svc',
      given: { template: 'worker', name: 'mailer', base: 'slim', ci: 'both', image: 'a/b' },
      packagesFolder: 'p',
      install: false,
      yes: true,
      dryRun: true,
      json: true,
      help: false,
      version: false,
      isReplay: false,
    })
  })

  it('leaves open what was not said', () => {
    expect(readOptions([])).toMatchObject({ folder: undefined, given: {}, install: undefined, yes: false })
  })

  it.each([[['a', 'b']], [['--force']], [['a', '--install', '--no-install']], [['--template']]])(
    'refuses %j',
    (args) => {
      expect(() => readOptions(args)).toThrow(refused)
    },
  )

  it('replays known answers of a file, and leaves others out', () => {
    const text = JSON.stringify({
      version: '0.1.0',
      answers: { name: 'a', template: 'api', colour: 'red', base: 1 },
    })
    expect(readOptions(['out', '--replay', 'keelson.json'], () => text)).toMatchObject({
      given: { name: 'a', template: 'api' },
      isReplay: true,
    })
    expect(readOptions(['out', '--replay', 'x'], () => text).given).not.toHaveProperty('colour')
  })

  it.each(['{', '{}', '[]', '{"answers":null}'])('refuses to replay %s', (text) => {
    expect(() => readOptions(['out', '--replay', 'keelson.json'], () => text)).toThrow(refused)
  })
})
