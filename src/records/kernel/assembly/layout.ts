// The layout of the kernel's memory. The host writes the log's bytes to DATA, and reads TALLIES.

/** Lines and bytes of each category, 32 bits each. */
export const TALLIES: usize = 0x1000;
/** Where the scalar values of the current line are: start, end, flags. */
export const SLOTS: usize = 0x2000;
export const MAX_SLOTS: i32 = 128;
/** The slots of the line that others are compared with. */
export const SAMPLE: usize = 0x2800;
/** Masks of the first 0 to 15 bytes of a vector. */
export const MASKS: usize = 0x3000;
/** The shapes of lines (shapes.ts). */
export const SHAPES: usize = 0x10000;
export const SHAPES_END: usize = 0x20000;
/** A bit for each line since `begin`: the host reads and writes them. CARRY and DATA hold two million lines at most. */
export const MARKS: usize = 0x20000;
/** A line that a read cut in two: its first part is moved to just below DATA. Or, with DATA, a block to pick from. */
export const CARRY: usize = 0x100000;
/** One read of the log. Vectors may be loaded beyond its last byte. */
export const DATA: usize = 0x200000;
export const DATA_BYTES: usize = 0x100000;

/** The categories of lines, in the order of kernel.ts. */
export const LIVE: i32 = 0;
export const EXPIRED: i32 = 1;
export const UNDATED: i32 = 2;
export const UNREADABLE: i32 = 3;
export const BLANK: i32 = 4;
export const CATEGORIES: i32 = 5;
