// Public API of create-keelson. Generated: npm run api

// create-keelson

export interface Answers {
    readonly name: string;
    readonly template: (typeof templates)[number];
    readonly base: (typeof bases)[number];
    readonly ci: (typeof pipelines)[number];
    readonly image: string;
    readonly packages: 'registry' | 'vendor';
}
export type CreateErrorCode = keyof typeof createErrors;
export interface CreateIo {
    readonly out: (text: string) => void;
    readonly err: (text: string) => void;
    readonly isInteractive: boolean;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly signal: AbortSignal;
}
export type Files = ReadonlyMap<string, string>;
export type GivenAnswers = Readonly<Partial<Record<keyof Answers, string | undefined>>>;
export interface PackedPackage {
    readonly name: string;
    readonly version: string;
    readonly file: string;
    readonly needs: readonly string[];
}
export function completeAnswers(given: GivenAnswers): Answers;
export const createErrors: {
    readonly KEELSON_CREATE_USAGE: string;
    readonly KEELSON_CREATE_FOLDER_NOT_EMPTY: string;
    readonly KEELSON_CREATE_PACKAGES_INCOMPLETE: string;
    readonly KEELSON_CREATE_INSTALL_FAILED: string;
    readonly KEELSON_CREATE_CANCELLED: string;
};
export const createExitCodes: {
    readonly made: 0;
    readonly failed: 1;
    readonly usage: 2;
    readonly interrupted: 130;
};
export function render(answers: Answers, packages: readonly PackedPackage[], version?: string): Files;
export function runCreate(args: readonly string[], io: CreateIo): Promise<number>;

// Not exported, but part of the types above.

const bases: readonly ['alpine', 'slim', 'distroless'];
const pipelines: readonly ['jenkins', 'github', 'both', 'none'];
const templates: readonly ['api', 'worker', 'minimal'];
