import type { Service } from 'keelson'
import { DatabaseError, Pool } from 'pg'
import type { definition } from './service.ts'

/** The pool of PostgreSQL under the policy of the resource. */
export type Database = Awaited<ReturnType<typeof addDatabase>>

/** Connects the service to its database, as soon as that is there, and closes the pool at the stop. */
export async function addDatabase(service: Service<typeof definition>) {
  const database = await service.resource('database', {
    async connect() {
      const { url, maxConnections } = service.config.current.database
      const pool = new Pool({
        connectionString: url.reveal(),
        max: maxConnections,
        connectionTimeoutMillis: 1_000,
        // What the service has given up after its attempt timeout must not go on in the database.
        statement_timeout: 2_000,
        application_name: service.name,
      })
      // Connections break while nobody uses them; the pool makes others.
      pool.on('error', (error) => service.log.warn({ err: error }, 'a connection of the database broke'))
      try {
        await pool.query('select 1')
        return pool
      } catch (error) {
        await pool.end()
        throw error
      }
    },
    check: (pool) => pool.query('select 1'),
    close: (pool) => pool.end(),
    // Classes 22, 23 and 42 are about the data or the statement: the database itself is well.
    isOutage: (error) => !(error instanceof DatabaseError && /^(?:22|23|42)/.test(error.code ?? '')),
  })
  // A password that was changed, in a mounted secret: another pool takes over, and no request fails.
  service.config.subscribe('database.url', () => void database.reconnect())
  return database
}
