import { createRequire } from 'node:module'
import { isKeelsonError } from '@keelson/core/errors'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { gelfProSender } from './gelf-pro-client.ts'

vi.mock('node:module', { spy: true })

afterEach(() => {
  vi.mocked(createRequire).mockClear()
})

describe('gelfProSender', () => {
  test('sends through gelf-pro and leaves the adapter of the program alone', () => {
    const own: string[] = []
    const other: string[] = []
    const send = gelfProSender({ send: (line) => void own.push(line) })
    const second = gelfProSender({ send: (line) => void other.push(line) })
    send('one')
    second('two')
    expect([own, other]).toEqual([['one'], ['two']])
    const gelf: unknown = createRequire(import.meta.url)('gelf-pro')
    expect(Reflect.get(Object(gelf), 'adapter')).toBeUndefined()
  })

  test('says what to install when gelf-pro is missing', () => {
    vi.mocked(createRequire).mockImplementationOnce(
      () =>
        // All that is called of it.
        (() => {
          throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
        }) as unknown as NodeJS.Require,
    )
    let thrown: unknown
    try {
      gelfProSender({ send() {} })
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_LOG_GELF_PRO_MISSING')).toBe(true)
    expect(String(thrown)).toContain('npm install gelf-pro')
  })
})
