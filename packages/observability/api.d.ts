// Public API of @keelson/observability. Generated: npm run api

// @keelson/observability

export interface AlertCase {
    readonly alert: string;
    readonly situation: string;
    readonly series: Readonly<Record<string, string>>;
    readonly at: string;
    readonly fires: Readonly<Record<string, string>> | undefined;
}
export interface AlertRule {
    readonly alert: string;
    readonly expr: string;
    readonly for: string;
    readonly severity: Severity;
    readonly summary: string;
    readonly description: string;
}
export interface Board {
    readonly uid: string;
    readonly title: string;
    readonly job?: string;
    readonly rows: readonly Row[];
}
export interface ExportOptions extends ObservabilityOptions {
    readonly folder: string;
}
export type ObservabilityErrorCode = keyof typeof observabilityErrors;
export interface ObservabilityFile {
    readonly path: string;
    readonly text: string;
}
export interface ObservabilityOptions {
    readonly service: string;
    readonly job?: string;
    readonly dependencies?: readonly string[];
    readonly metrics?: readonly MetricDefinition[];
    readonly runbookBase?: string;
}
export interface Panel {
    readonly title: string;
    readonly description: string;
    readonly kind: 'timeseries' | 'stat' | 'state-timeline';
    readonly unit: Unit;
    readonly targets: readonly Target[];
    readonly width?: 4 | 6 | 8 | 12;
    readonly states?: Readonly<Record<number, readonly [text: string, color: 'green' | 'orange' | 'red']>>;
}
export interface RecordingRule {
    readonly record: string;
    readonly expr: string;
}
export interface Row {
    readonly title: string;
    readonly panels: readonly Panel[];
}
export interface RuleGroup {
    readonly name: string;
    readonly rules: readonly (RecordingRule | AlertRule)[];
}
export type Severity = 'page' | 'ticket';
export interface Target {
    readonly expr: string;
    readonly legend: string;
    readonly exemplar?: boolean;
}
export type Unit = 's' | 'bytes' | 'Bps' | 'percentunit' | 'reqps' | 'ops' | 'short' | 'dateTimeAsIso';
export const alertCases: readonly AlertCase[];
export function boardJson({ uid, title, job, rows }: Board): string;
export function exportObservability({ folder, ...options }: ExportOptions): Promise<readonly string[]>;
export const houseBoard: Board;
export const houseRules: readonly RuleGroup[];
export const observabilityErrors: {
    readonly KEELSON_OBSERVABILITY_OPTIONS_INVALID: string;
};
export function observabilityFiles(options: ObservabilityOptions): Promise<readonly ObservabilityFile[]>;
export function ruleTests(ruleFile: string, groups: readonly RuleGroup[], cases: readonly AlertCase[], runbookBase?: string): string;
export function rulesYaml(groups: readonly RuleGroup[], runbookBase?: string): string;
export function serviceAlertCases(job: string): readonly AlertCase[];
export function serviceBoard(service: string, job: string, dependencies: readonly string[], metrics: readonly MetricDefinition[]): Board;
export function serviceRules(service: string, job: string): readonly RuleGroup[];
