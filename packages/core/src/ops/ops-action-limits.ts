/** Longest body of an action in bytes: a handful of fields. */
export const MAX_ACTION_BYTES = 4_096

/** Paths of actions begin with this. */
export const actionPrefix = '/actions/'
