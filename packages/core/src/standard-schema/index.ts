export {
  describeIssue,
  isStandardSchema,
  type StandardIssue,
  type StandardOutput,
  type StandardResult,
  type StandardSchema,
} from './standard-schema.ts'
