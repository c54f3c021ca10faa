import type { Database } from './database.ts'

/** An order, under an id that the customer's side has chosen. */
export interface Order {
  readonly id: string
  readonly item: string
  readonly count: number
}

/** The orders, kept in the database. */
export interface Orders {
  /** Creates the table, if there is none. Waits for the database, at most 30 s. */
  migrate(): Promise<void>
  /**
   * Keeps an order. Asked twice for the same one, it keeps it once, so that it may be asked again after an outage.
   *
   * @returns `conflict` when another order has this id
   */
  keep(order: Order): Promise<'kept' | 'conflict'>
  find(id: string): Promise<Order | undefined>
  /** The orders that were kept last. */
  list(most: number): Promise<readonly Order[]>
}

/** Makes the orders. Every method throws what `Resource.run` throws. */
export function createOrders(database: Database): Orders {
  const idempotent = { idempotent: true }
  return {
    async migrate() {
      const pool = await database.connected(AbortSignal.timeout(30_000))
      await pool.query(
        'create table if not exists orders (id text primary key, item text not null, count integer not null, kept_at timestamptz not null default now())',
      )
    },
    async keep({ id, item, count }) {
      const { rows } = await database.run(
        (pool) =>
          pool.query<Order>(
            'insert into orders (id, item, count) values ($1, $2, $3) on conflict (id) do update set id = excluded.id returning id, item, count',
            [id, item, count],
          ),
        idempotent,
      )
      return rows[0]?.item === item && rows[0].count === count ? 'kept' : 'conflict'
    },
    async find(id) {
      const { rows } = await database.run(
        (pool) => pool.query<Order>('select id, item, count from orders where id = $1', [id]),
        idempotent,
      )
      return rows[0]
    },
    async list(most) {
      const { rows } = await database.run(
        (pool) =>
          pool.query<Order>('select id, item, count from orders order by kept_at desc limit $1', [most]),
        idempotent,
      )
      return rows
    },
  }
}
