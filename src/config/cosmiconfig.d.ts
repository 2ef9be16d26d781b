// Declares a class that cosmiconfig has but does not declare. read-config.ts says why it is needed.
declare module 'cosmiconfig/dist/Explorer.js' {
  import type { CosmiconfigResult, Options } from 'cosmiconfig';

  export class Explorer {
    constructor(options: Options & { moduleName: string; metaConfigFilePath: string | null });
    load(file: string): Promise<CosmiconfigResult>;
  }
}
