import { defineService } from 'keelson'

/** Orders: where its database is, and how it is used. */
export const definition = defineService({
  name: 'orders',
  config: {
    database: {
      url: {
        doc: 'Where the orders are: postgres://user:password@host:5432/name',
        format: 'url',
        default: 'postgres://postgres@127.0.0.1:5432/postgres',
        env: 'DATABASE_URL',
        sensitive: true,
        reload: 'hot',
      },
      maxConnections: { doc: 'Connections of each replica at most', format: 'nat', default: 10 },
    },
  },
  // All replicas share the database, so that it is not critical: without it they are all ready, and answer 503 at once.
  resources: { database: { checkIntervalMs: 2_000, bulkhead: { maxConcurrent: 50, maxQueue: 100 } } },
})
