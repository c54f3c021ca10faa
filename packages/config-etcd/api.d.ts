// Public API of @keelson/config-etcd. Generated: npm run api

// @keelson/config-etcd

export type ConfigEtcdErrorCode = keyof typeof configEtcdErrors;
export interface EtcdSourceOptions {
    readonly endpoints: string | readonly string[];
    readonly org: string;
    readonly env: string;
    readonly service: string;
    readonly username?: string;
    readonly password?: string;
    readonly tls?: EtcdTlsFiles;
    readonly securePasswords?: boolean;
    readonly required?: boolean | 'snapshot';
    readonly callTimeoutMs?: number;
    readonly reconcileMs?: number;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface EtcdTlsFiles {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
}
export const configEtcdErrors: {
    readonly KEELSON_ETCD_OPTIONS_INVALID: string;
    readonly KEELSON_ETCD_UNAVAILABLE: string;
    readonly KEELSON_ETCD_ACCESS_DENIED: string;
};
export function createEtcdSource(options: EtcdSourceOptions): ConfigSource;
export const etcdSourceDefaults: {
    readonly securePasswords: boolean;
    readonly required: boolean | 'snapshot';
    readonly callTimeoutMs: number;
    readonly reconcileMs: number;
};
