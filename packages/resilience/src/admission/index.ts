export { Admission, type Applicant, type Arrival, type Verdict } from './admission.ts'
export { admissionDefaults, type AdmissionBounds, type AdmissionOptions } from './admission-options.ts'
export type { Refusal } from './refusal.ts'
export { RouteLimit } from './route-limit.ts'
