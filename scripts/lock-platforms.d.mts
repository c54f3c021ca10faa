/** Adds a stub for every optional dependency that no entry of the lock file stands for; returns the names added. */
export declare function completeLock(lock: { packages: Record<string, unknown> }): string[]
