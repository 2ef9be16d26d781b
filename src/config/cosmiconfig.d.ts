/** A class that cosmiconfig has and does not declare: see discover.ts for why it is needed. */
declare module 'cosmiconfig/dist/Explorer.js' {
  import type { CosmiconfigResult, Options } from 'cosmiconfig';

  export class Explorer {
    constructor(options: Options & { moduleName: string; metaConfigFilePath: string | null });
    load(file: string): Promise<CosmiconfigResult>;
  }
}
