// Compile-time assertions; nothing here runs. `tsc -p tsconfig.check.json` is the test.
import * as v from 'valibot'
import { z } from 'zod'
import { type Config, createConfig } from './config.ts'
import type { Secret } from './secret.ts'
import type { ConfigKey, ConfigValues } from './values.ts'

// The one form that tells readonly and any apart; TypeScript compares the two conditional types as they stand.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Assert<Condition extends true> = Condition

const schema = {
  greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' },
  retries: { default: 3 },
  name: { doc: 'Needs no default', format: String },
  log: {
    level: { format: ['debug', 'info', 'error'], default: 'info' },
    // A group may have a key called format.
    format: { doc: 'Form of a line', format: ['gelf', 'pretty'], default: 'gelf' },
  },
  db: {
    host: { format: 'string', required: true },
    port: { format: 'port', default: 5432 },
    proxy: { format: 'url', nullable: true, default: null },
    password: { format: 'string', sensitive: true },
    token: { format: 'string', sensitive: true, nullable: true },
    timeout: { format: 'duration', default: '5s' },
    replicas: { format: 'array', default: ['a'] },
    weights: { format: 'array', items: 'integer', default: [1] },
    labels: { format: 'map', items: ['x', 'y'], default: {} },
    ignore: { format: 'regexp', default: '^$' },
    options: { format: 'object', default: {} },
    size: { format: [1, 2, 3], default: 2 },
    zod: { format: z.object({ depth: z.coerce.number() }) },
    valibot: { format: v.pipe(v.string(), v.transform(Number)), default: '1' },
    custom: { format: 'ipaddress', default: '::1' },
  },
} as const

type Values = ConfigValues<typeof schema>
type Db = Values['db']

export type Assertions = [
  Assert<Equal<Values['greeting'], string>>,
  Assert<Equal<Values['retries'], number>>,
  Assert<Equal<Values['name'], string>>,
  Assert<Equal<Values['log']['level'], 'debug' | 'info' | 'error'>>,
  Assert<Equal<Values['log']['format'], 'gelf' | 'pretty'>>,
  Assert<Equal<Db['host'], string>>,
  Assert<Equal<Db['port'], number>>,
  Assert<Equal<Db['proxy'], string | null>>,
  Assert<Equal<Db['password'], Secret<string>>>,
  Assert<Equal<Db['token'], Secret<string> | null>>,
  Assert<Equal<Db['timeout'], number>>,
  Assert<Equal<Db['replicas'], readonly string[]>>,
  Assert<Equal<Db['weights'], readonly number[]>>,
  Assert<Equal<Db['labels'], { readonly [entry: string]: 'x' | 'y' }>>,
  Assert<Equal<Db['ignore'], RegExp>>,
  Assert<Equal<Db['options'], { readonly [key: string]: unknown }>>,
  Assert<Equal<Db['size'], 1 | 2 | 3>>,
  Assert<Equal<Db['zod'], { readonly depth: number }>>,
  Assert<Equal<Db['valibot'], number>>,
  Assert<Equal<Db['custom'], string>>,
  Assert<
    Equal<
      ConfigKey<{ a: { default: 1 }; b: { c: { default: 1 }; d: { e: { default: 1 } } } }>,
      'a' | 'b' | 'b.c' | 'b.d' | 'b.d.e'
    >
  >,
]

export async function inferredFromTheCall(): Promise<void> {
  const config = await createConfig({
    service: 'types',
    // No `as const` needed: the type parameter is const.
    schema: {
      level: { format: ['debug', 'info'], default: 'info', reload: 'hot' },
      db: { port: { format: 'port', default: 1 }, hosts: { format: 'array', default: ['a'] } },
    },
  })
  void createConfig({
    service: 'types',
    schema: { pool: { min: { format: 'integer', default: 1 }, host: { format: 'string', default: '' } } },
    refine: ({ pool }) => {
      // @ts-expect-error — a mistyped key
      void pool.mni
      return pool.min > 1 ? [{ key: 'pool.min', problem: 'is too many' }] : []
    },
  })
  void createConfig({
    service: 'types',
    schema: { min: { format: 'integer', default: 1 } },
    // @ts-expect-error — a fault names a key of the schema
    refine: () => [{ key: 'mni', problem: 'is too many' }],
  })
  const level: 'debug' | 'info' = config.current.level
  config.subscribe('db.port', (next: number, previous: number) => next - previous)
  config.subscribe('db', (next) => next.port.toFixed() + level)
  // @ts-expect-error — a mistyped key
  void config.current.levle
  // @ts-expect-error — a mistyped key below a group
  void config.current.db.prot
  // @ts-expect-error — no such key to subscribe to
  config.subscribe('db.prot', () => undefined)
  // @ts-expect-error — the value is a number
  config.subscribe('db.port', (next: string) => next)
  // @ts-expect-error — values are read-only
  config.current.level = 'debug'
  // @ts-expect-error — at every depth
  config.current.db.port = 1
  // @ts-expect-error — lists included
  config.current.db.hosts.push('b')
  // @ts-expect-error — the snapshot is not to be replaced
  config.current = { level, db: config.current.db }
}

export function mistakesInASchema(): void {
  // @ts-expect-error — reload is hot or restart
  void createConfig({ service: 'types', schema: { a: { format: 'string', default: '', reload: 'later' } } })
  // @ts-expect-error — no such source
  void createConfig({ service: 'types', schema: { a: { format: 'string', default: '', sources: ['disk'] } } })
  // @ts-expect-error — a leaf is an object
  void createConfig({ service: 'types', schema: { a: 5 } })
  // @ts-expect-error — the service has a name
  void createConfig({ schema: {} })
}

/** A configuration of a known schema can be handed to code that only wants some configuration. */
export function assignable(
  config: Config<typeof schema>,
): Pick<Config<unknown>, 'hash' | 'explain' | 'close'> {
  return config
}
