import { workerData } from 'node:worker_threads'
import { markStall } from '@keelson/core/ledger'

const { recordPath, pid } = workerData as { recordPath: string; pid: number } // given by ledger-service.ts
const sinceMs = Date.now()
setInterval(() => markStall(recordPath, { pid, sinceMs, seenAtMs: Date.now() }), 50)
