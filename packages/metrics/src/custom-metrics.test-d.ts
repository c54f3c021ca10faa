import { createMetrics } from './metrics.ts'

const metrics = createMetrics({ service: 'types' })

const plain = metrics.counter({ name: 'plain_total', help: 'Plain.' })
plain.inc()
plain.inc(2)
// @ts-expect-error this counter has no labels
plain.inc({ kind: 'a' })

const served = metrics.counter({ name: 'served_total', help: 'Served.', labels: ['kind', 'size'] })
served.inc({ kind: 'a', size: 1 })
served.inc({ kind: 'a', size: 1 }, 2)
// @ts-expect-error the labels are missing
served.inc()
// @ts-expect-error a label is missing
served.inc({ kind: 'a' })
// @ts-expect-error a label is unknown
served.inc({ kind: 'a', size: 1, colour: 'red' })

const depth = metrics.gauge({
  name: 'depth',
  help: 'Depth.',
  labels: ['queue'],
  collect: (gauge) => {
    gauge.set({ queue: 'a' }, 1)
    // @ts-expect-error the gauge that is handed over has the same labels
    gauge.set(1)
  },
})
// @ts-expect-error a gauge is set to something
depth.set({ queue: 'a' })

const size = metrics.histogram({ name: 'size_bytes', help: 'Size.' })
size.observe(1)
// @ts-expect-error something is observed
size.observe()
