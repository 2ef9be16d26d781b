// What each protocol needs for a power loss. left-out.test.ts leaves it out, and finds a loss; of what is not here, none.
export const NEEDED: Readonly<Record<string, readonly string[]>> = {};
