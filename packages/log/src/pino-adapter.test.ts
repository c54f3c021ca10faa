import { tracingChannel } from 'node:diagnostics_channel'
import { runWithContext } from '@keelson/core/context'
import { checkGelfLine, createFakeClock } from '@keelson/testing'
import { pino, stdSerializers, symbols } from 'pino'
import { describe, expect, test } from 'vitest'
import { createLineBuilder } from './gelf-line.ts'
import { LineFilter } from './line-filter.ts'
import { createLineHeads } from './line-head.ts'
import { createGelfLogger, type GelfLogger, type GelfLoggerOptions } from './pino-adapter.ts'
import { createValueMask, sensitiveKeys } from './redaction.ts'

type Fields = Record<string, string | number>

interface Captured extends GelfLogger {
  readonly lines: string[]
  readonly last: () => Fields
}

function capture(options: Partial<GelfLoggerOptions> = {}): Captured {
  const lines: string[] = []
  const made = createGelfLogger({
    level: 'trace',
    builder: createLineBuilder({
      prefix: '_',
      isSensitive: sensitiveKeys(['password']),
      mask: createValueMask([]),
    }),
    head: createLineHeads({ prefix: '_', host: 'h', service: 'demo', pid: 1 }),
    timeText: () => ',"timestamp":1767225600.000',
    write: (line) => void lines.push(line),
    flush: () => {},
    fields: {},
    redactPaths: [],
    serializers: {},
    mixin: undefined,
    ...options,
  })
  return { ...made, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Fields } // lines hold texts and numbers
}

const unprintable = {
  toString() {
    throw new Error('no')
  },
}

/** What a logger writes, with the slower way of a pino that knows our symbol no more beside it. */
const ways: [string, (options?: Partial<GelfLoggerOptions>) => Captured][] = [
  ['directly', (options) => capture(options)],
  ['through parsing', (options) => capture({ ...options, pinoSymbols: {} })],
  [
    'through parsing, after the symbol lost its meaning',
    (options) =>
      capture({ ...options, pinoSymbols: { ...symbols, asJsonSym: Symbol('pino.asJson of another pino') } }),
  ],
]

describe('the symbol that pino exports', () => {
  test('is honoured by the supported range of pino', () => {
    expect(pino.version).toMatch(/^10\./)
    expect(capture().isDirect).toBe(true)
  })

  test('is not relied on when a line into memory shows otherwise', () => {
    expect(ways.map(([, create]) => create().isDirect)).toEqual([true, false, false])
  })
})

describe.each(ways)('a logger that writes %s', (_way, create) => {
  test('keeps format arguments, bindings of children and their message prefix', () => {
    const { logger, lines, last } = create({ fields: { team: 'x' } })
    const child = logger.child({ user: 'ada', 'is.new': true }, { msgPrefix: '[a] ' }).child({ step: 2 })
    child.warn({ step: 3 }, 'did %s', 'it')
    expect(last()).toMatchObject({
      level: 4,
      short_message: '[a] did it',
      _team: 'x',
      _user: 'ada',
      _is_new: 'true',
      _step: 3,
    })
    expect(lines.map((line) => checkGelfLine(line))).toEqual([[]])
  })

  test('writes a field once, with the value of whoever is nearest to the call', () => {
    const { logger, lines, last } = create({ fields: { a: 'base', b: 'base', c: 'base' } })
    logger.child({ b: 'parent', c: 'parent' }).child({ c: 'child' }).info('m')
    expect(last()).toMatchObject({ _a: 'base', _b: 'parent', _c: 'child' })
    logger.child({ c: 'child' }).info({ c: 'call' }, 'm')
    expect(last()).toMatchObject({ _c: 'call' })
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  })

  test('uses serializers, its own and those of children', () => {
    const { logger, last } = create({
      serializers: { user: (user) => ({ name: String(Object(user).name) }) },
    })
    logger.info({ user: { name: 'ada', age: 36 } }, 'm')
    expect(last()).toMatchObject({ _user_name: 'ada' })
    expect(last()['_user_age']).toBeUndefined()
    logger
      .child({}, { serializers: { step: (step) => `step ${String(step)}` } })
      .info({ user: { name: 'b' }, step: 1 }, 'm')
    expect(last()).toMatchObject({ _user_name: 'b', _step: 'step 1' })
  })

  test('uses redaction paths, its own and those of children', () => {
    const { logger, last } = create({ redactPaths: ['user.email'] })
    logger.info({ user: { email: 'a@b', name: 'ada' } }, 'm')
    expect(last()).toMatchObject({ _user_email: '[redacted]', _user_name: 'ada' })
    logger
      .child({}, { redact: { paths: ['user.name', 'gone'], remove: true } })
      .info({ user: { email: 'a@b', name: 'ada' }, gone: 1 }, 'm')
    expect(last()).toMatchObject({ _user_email: 'a@b' })
    expect(last()['_user_name']).toBeUndefined()
    expect(last()['_gone']).toBeUndefined()
  })

  test('uses redaction paths within errors, and when the message cannot be made', () => {
    const { logger, last } = create({ redactPaths: ['err.config.url', 'user.email'] })
    const error = Object.assign(new RangeError('no'), { config: { url: 'http://u:p@h', method: 'GET' } })
    logger.error({ err: error }, 'm')
    expect(last()).toMatchObject({
      _error_type: 'RangeError',
      _error_config_url: '[redacted]',
      _error_config_method: 'GET',
    })
    Reflect.apply(logger.info, logger, [{ user: { email: 'a@b' } }, '%s', unprintable])
    expect(last()['short_message']).toBe('%s')
    expect(last()['_user_email'] ?? '[redacted]').toBe('[redacted]')
    const other = create()
    const child = other.logger.child({}, { redact: ['user.email'] })
    Reflect.apply(child.info, child, [{ user: { email: 'a@b' } }, '%s', unprintable])
    expect(other.last()['_user_email'] ?? '[redacted]').toMatch(/^\[redacted\]$/i)
  })

  test('goes on when a serializer throws', () => {
    const { logger, last } = create({
      serializers: {
        user() {
          throw new Error('no')
        },
      },
    })
    logger.info({ user: 'ada', step: 1 }, 'm')
    expect(last()).toMatchObject({ short_message: 'm', _step: 1 })
  })

  test('takes options of pino out of the fields of a child, and formats them when told to', () => {
    const { logger, last } = create()
    logger.child({ level: 'debug', user: 'ada' }).info('m')
    expect(last()['_x_level']).toBeUndefined()
    logger
      .child({ user: 'ada' }, { formatters: { bindings: (fields) => ({ ...fields, added: true }) } })
      .info('m')
    expect(last()).toMatchObject({ _user: 'ada', _added: 'true' })
  })

  test('redacts secrets by name', () => {
    const { logger, last } = create()
    logger.child({ db: { password: 'a' } }).info({ password: 'b' }, 'm')
    expect(last()).toMatchObject({ _db_password: '[redacted]', _password: '[redacted]' })
  })

  test('adds the fields of the mixin, and goes on when it throws', () => {
    let fails = false
    const { logger, last } = create({
      mixin() {
        if (fails) throw new Error('no')
        return { tenant: 't1', step: 'mixin' }
      },
    })
    logger.info({ step: 'call' }, 'm')
    expect(last()).toMatchObject({ _tenant: 't1', _step: 'call' })
    fails = true
    logger.info({ step: 'call' }, 'still')
    expect(last()).toMatchObject({ short_message: 'still', _step: 'call' })
  })

  test('writes errors with their parts, also after the standard serializer of pino', () => {
    const { logger, last } = create({
      serializers: { err: stdSerializers.err as (value: unknown) => unknown },
    })
    const error = new TypeError('boom')
    for (const write of [() => logger.error(error), () => logger.error({ err: error }, 'boom')]) {
      write()
      expect(last()).toMatchObject({
        level: 3,
        short_message: 'boom',
        _error_type: 'TypeError',
        _error_message: 'boom',
      })
      expect(last()['full_message']).toContain('TypeError: boom\n    at ')
    }
  })

  test('carries the ids of the request around it, or of the one it is bound to', () => {
    const { logger, forContext, lines, last } = create()
    runWithContext({ requestId: 'ambient', traceId: 't', spanId: 's' }, () => {
      logger.info('m')
      expect(last()).toMatchObject({ _request_id: 'ambient', _trace_id: 't', _span_id: 's' })
      forContext({ requestId: 'bound' }, logger.child({ user: 'ada' }))
        .child({ step: 1 })
        .info('m')
      expect(last()).toMatchObject({ _request_id: 'bound', _user: 'ada', _step: 1 })
      logger.info({ request_id: 'other' }, 'm')
      expect(last()).toMatchObject({ _request_id: 'ambient', _x_request_id: 'other' })
    })
    logger.info({ request_id: 'free' }, 'm')
    expect(last()).toMatchObject({ _request_id: 'free' })
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  })

  test('writes the share of requests that its line stands for, and leaves out what it does not stand for', () => {
    const filter = new LineFilter({ clock: createFakeClock(), onSuppressed() {} })
    const { logger, lines, last } = create({ filter })
    filter.setSampleRatio(0.999)
    runWithContext({ requestId: 'r' }, () => {
      logger.info('m')
      expect(last()['_sample_rate']).toBe(0.999)
      logger.info(unprintable, '%s', unprintable)
      expect(last()['_sample_rate']).toBe(0.999)
      logger.warn('m')
      expect(last()).not.toHaveProperty('_sample_rate')
      const count = lines.length
      filter.setSampleRatio(0)
      logger.info('m')
      expect(lines).toHaveLength(count)
    })
    filter.setSampleRatio(0.999)
    logger.info('outside')
    expect(last()).not.toHaveProperty('_sample_rate')
  })

  test('never throws, whatever the arguments do', () => {
    const { logger, lines, last } = create()
    const throwing = new Proxy(
      {},
      {
        get() {
          throw new Error('no')
        },
        ownKeys() {
          throw new Error('no')
        },
        getPrototypeOf() {
          throw new Error('no')
        },
      },
    )
    const { proxy: revoked, revoke } = Proxy.revocable({}, {})
    revoke()
    logger.info(throwing, 'a proxy that throws')
    logger.info(revoked, 'a revoked proxy')
    logger.info({ a: throwing, err: revoked, b: 1 }, 'within')
    expect(last()).toMatchObject({ short_message: 'within', _b: 1 })
    Reflect.apply(logger.info, logger, ['%s %d', unprintable, Symbol('x')])
    logger.child(throwing).info({ c: 2 }, 'a child of it')
    expect(last()).toMatchObject({ short_message: 'a child of it', _c: 2 })
    Reflect.apply(logger.info, logger, [])
    expect(lines).toHaveLength(6)
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  })
})

describe('a logger', () => {
  test('notes a value whose serializer throws, and shows causes behind the standard serializer of pino', () => {
    const { logger, last } = capture({
      serializers: {
        err: (error) => stdSerializers.err(error as Error), // only errors are logged here
        user() {
          throw new Error('no')
        },
      },
    })
    logger.error({ user: 'ada', err: new Error('outer', { cause: new TypeError('inner') }) }, 'm')
    expect(last()).toMatchObject({ _user: '[unreadable]', _error_type: 'Error' })
    expect(last()['full_message']).toMatch(/\nCaused by: TypeError: inner\n/)
  })

  test('leaves out the id of a job that has none', () => {
    const { logger, last } = capture()
    runWithContext({ requestId: '' }, () => logger.info('m'))
    expect(last()['_request_id']).toBeUndefined()
  })

  test('answers isLevelEnabled, and writes nothing below its level', () => {
    const { logger, lines } = capture({ level: 'warn' })
    logger.info('no')
    expect(lines).toEqual([])
    expect([logger.isLevelEnabled('info'), logger.isLevelEnabled('warn')]).toEqual([false, true])
    const talkative = logger.child({}, { level: 'debug' })
    talkative.debug('yes')
    expect(lines).toHaveLength(1)
    logger.level = 'info'
    logger.child({}).info('yes')
    expect(lines).toHaveLength(2)
  })

  test('gives its bindings back, and takes further ones', () => {
    const { logger, last } = capture()
    const child = logger.child({ user: 'ada' }).child({ step: 1 })
    child.setBindings({ step: 2, more: true })
    expect(child.bindings()).toEqual({ user: 'ada', step: 2, more: true })
    child.info('m')
    expect(last()).toMatchObject({ _user: 'ada', _step: 2, _more: 'true' })
  })

  test('bound to a request leaves the logger that it was made from as it was', () => {
    const { logger, forContext, last } = capture()
    forContext({ requestId: 'r' }, logger).info('m')
    logger.info('m')
    expect(last()['_request_id']).toBeUndefined()
  })

  test('keeps the fragment of a request for its next lines', () => {
    const { logger, last } = capture()
    const context = { requestId: 'r', logFragment: undefined as string | undefined }
    runWithContext(context, () => logger.info('m'))
    expect(context.logFragment).toBe(',"_request_id":"r"')
    context.logFragment = ',"_request_id":"kept"'
    runWithContext(context, () => logger.info('m'))
    expect(last()['_request_id']).toBe('kept')
  })

  test('escapes the id of a job, which nobody has checked', () => {
    const { logger, lines, last } = capture()
    runWithContext({ requestId: 'job "1"\n' }, () => logger.info('m'))
    expect(last()['_request_id']).toBe('job "1"\n')
    expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  })

  test('shows its lines to tracers of pino_asJson, as pino does', () => {
    const { logger } = capture()
    const seen: unknown[] = []
    const channel = tracingChannel<{ arguments: unknown[] }>('pino_asJson')
    const subscriber = {
      start: (message: { arguments: unknown[] }) => void seen.push(message.arguments[1]),
      end() {},
      asyncStart() {},
      asyncEnd() {},
      error() {},
    }
    channel.subscribe(subscriber)
    logger.info('traced')
    channel.unsubscribe(subscriber)
    logger.info('not traced')
    expect(seen).toEqual(['traced'])
  })

  test('hands lines over before a fatal one returns', () => {
    let flushed = 0
    const { logger } = capture({ flush: () => void flushed++ })
    logger.error('m')
    expect(flushed).toBe(0)
    logger.fatal('m')
    expect(flushed).toBe(1)
  })
})
