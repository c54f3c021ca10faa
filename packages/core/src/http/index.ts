export type { AccessRecord } from './access.ts'
